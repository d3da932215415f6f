"""OpenFeature provider for Rampart: flags and experiments evaluated in this process."""

from .package_version import VERSION as __version__
from .provider import Assignment, RampartProvider

__all__ = ["Assignment", "RampartProvider", "__version__"]
