"""Hold the version of skdigits, and look up those of the packages that are installed."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__", "installed_versions"]

__version__ = "0.1.0"


def installed_versions(*packages: str) -> dict[str, str | None]:
    """Return the installed version of each package by name; None if there is none.

    Examples
    --------
    >>> from skdigits._version import installed_versions
    >>> installed_versions("no-such-package")
    {'no-such-package': None}
    """
    versions: dict[str, str | None] = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    return versions
