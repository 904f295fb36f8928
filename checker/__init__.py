"""mirrorcheck: link and asset integrity for mirrored sites."""

__version__ = "0.7.0"
REPOSITORY = "https://github.com/OWNER/mirrorcheck"  # where docs/ is read; a release has the owner's name here
