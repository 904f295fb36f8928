"""mirrorcheck: link and asset integrity for mirrored sites."""

__version__ = "0.2.0"
