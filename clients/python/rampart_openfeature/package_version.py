"""The version of this package."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("rampart-openfeature")
except PackageNotFoundError:  # The package is used from a checkout, without being installed.
    VERSION = "0"

USER_AGENT = f"rampart-openfeature-python/{VERSION}"
