"""mirrorcheck: link and asset integrity for mirrored sites."""

__version__ = "0.1.0"
