"""Which version of this package runs."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("rampart-openfeature")
except PackageNotFoundError:  # Used from a checkout that was not installed.
    VERSION = "0"

USER_AGENT = f"rampart-openfeature-python/{VERSION}"
