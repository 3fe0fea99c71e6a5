"""Say which version of skdigits this is, and which versions of other packages are installed."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__", "installed_versions"]

__version__ = "0.1.0"


def installed_versions(*packages: str) -> dict[str, str | None]:
    """Return the installed version of each package by its name; None where there is none.

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
