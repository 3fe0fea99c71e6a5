"""Hold the version of skdigits, and look up what installed packages say of themselves."""

from importlib.metadata import PackageNotFoundError, metadata, version

__all__ = ["__version__", "documentation_url", "installed_versions"]

__version__ = "0.1.0"


def installed_versions(*packages: str) -> dict[str, str | None]:
    """Return the installed version of each package by name; None if it is not installed.

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


def documentation_url() -> str:
    """Return where the documentation is, as ``pyproject.toml`` says; "" if not installed.

    Examples
    --------
    >>> from skdigits._version import documentation_url
    >>> documentation_url()
    'https://skdigits.readthedocs.io/en/stable/'
    """
    try:
        urls = metadata("skdigits").get_all("Project-URL") or []
    except PackageNotFoundError:  # a copy of the sources on the path
        urls = []
    return next((url.split(", ")[1] for url in urls if url.startswith("Documentation, ")), "")
