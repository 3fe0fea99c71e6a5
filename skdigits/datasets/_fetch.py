"""Fetch optdigits from UCI once, and afterwards from the cache on this machine."""

import os
import warnings
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions

from skdigits._files import check_writable
from skdigits._sklearn_compat import validate_params
from skdigits.datasets._bunch import optdigits_bunch
from skdigits.datasets._cache import cache_path, read_cache, write_cache
from skdigits.datasets._uci import INSTEAD, DatasetFetchError, UciDigits, download

__all__ = ["fetch_optdigits"]


@validate_params(
    {
        "data_home": [str, os.PathLike, None],
        "subset": [StrOptions({"all", "train", "test"})],
        "download_if_missing": ["boolean"],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
        "n_retries": [Interval(Integral, 0, None, closed="left")],
        "delay": [Interval(Real, 0, None, closed="left")],
        "timeout": [Interval(Real, 0, None, closed="neither")],
    }
)
def fetch_optdigits(
    *,
    data_home: str | os.PathLike[str] | None = None,
    subset: str = "all",
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
    timeout: float = 30,
) -> Any:  # a Bunch or a tuple, by what is asked for
    """Fetch optdigits from the UCI repository (data set 80), downloading it if necessary.

    The data [1]_ are verified by a checksum, restored to their published order, and cached:
    later calls make no request. The values are those of :func:`load_optdigits`; only the metadata
    are UCI's current ones.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder in which the cache, ``optdigits_uci``, is created. If None, it is given by the
        environment variable ``SKDIGITS_DATA`` or else by scikit-learn's
        :func:`~sklearn.datasets.get_data_home`.
    subset : {"all", "train", "test"}, default="all"
        The subset to return.
    download_if_missing : bool, default=True
        If False, raise an error if the data are not in the cache, or are damaged there.
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        If True, ``data`` is a DataFrame and ``target`` a Series.
    n_retries : int, default=3
        Number of retries after an error that may be temporary: no connection, a timeout, a
        server error, a truncated or garbled response.
    delay : float, default=1.0
        Seconds to wait before the first retry; the wait doubles with each retry.
    timeout : float, default=30
        Seconds that an attempt may take, metadata and data together.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        As :func:`load_optdigits` returns it, with the server's entries added to ``metadata``.

    (data, target) : tuple, if `return_X_y`
        As :func:`load_optdigits` returns it.

    Raises
    ------
    OSError
        If the data cannot be downloaded, verified or cached. The message says what to do next.
    ValueError
        If a parameter is not valid.

    Warns
    -----
    UserWarning
        Before each retry, and if the cached copy is damaged and has to be fetched again.

    See Also
    --------
    load_optdigits : The same data, packaged with skdigits.

    References
    ----------
    .. [1] E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits
       UCI Machine Learning Repository. https://doi.org/10.24432/C50P49

    Examples
    --------
    >>> from skdigits.datasets import fetch_optdigits
    >>> digits = fetch_optdigits()  # doctest: +SKIP
    >>> digits.data.shape  # doctest: +SKIP
    (5620, 64)
    >>> digits.metadata["dataset_doi"]  # doctest: +SKIP
    '10.24432/C50P49'
    """
    # Errors of the cache are of one kind with those of the download, and name the packaged data.
    try:
        path = cache_path(data_home)
        digits = _read_cached(path, download_if_missing=download_if_missing)
        if digits is None:
            check_writable(path.parent)
            digits = download(n_retries=n_retries, delay=delay, timeout=timeout)
            write_cache(path, digits)
    except DatasetFetchError:
        raise
    except OSError as error:
        raise DatasetFetchError(
            f"The optdigits cache is not usable ({error}). Choose a writable folder with "
            f"data_home or SKDIGITS_DATA, or use {INSTEAD}."
        ) from error
    return optdigits_bunch(
        digits.table,
        subset=subset,
        return_X_y=return_X_y,
        as_frame=as_frame,
        metadata=digits.metadata,
    )


def _read_cached(path: Path, *, download_if_missing: bool) -> UciDigits | None:
    """Return the cached data, or None if they have to be downloaded."""
    try:
        return read_cache(path)
    except (OSError, ValueError) as problem:
        if not download_if_missing:
            raise DatasetFetchError(
                f"No cached optdigits and download_if_missing is False: {problem}. Allow the "
                f"download, or use {INSTEAD}."
            ) from problem
        if isinstance(problem, ValueError):
            warnings.warn(f"{problem}; fetching it again.", stacklevel=4)
    return None
