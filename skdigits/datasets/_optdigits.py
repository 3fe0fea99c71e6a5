"""Load optdigits from the copy that comes with skdigits, within milliseconds and offline."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils._param_validation import StrOptions

from skdigits._sklearn_compat import validate_params
from skdigits.datasets._bunch import optdigits_bunch
from skdigits.datasets._packaged import packaged_bitmaps, packaged_table

__all__ = ["find_doubtful_labels", "load_optdigits", "writer_groups"]

# Rows of the test subset at which the runs of 0, 1, ..., 9 start anew, and its end.
_SEGMENTS = [0, 130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1545, 1667, 1797]

# Rows of the test subset whose image does not look like its label, and what it looks like.
_DOUBTFUL = {1038: 3, 1119: 3, 1146: 3, 1468: 9, 1632: 9}


@validate_params(
    {
        "subset": [StrOptions({"all", "train", "test"})],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
        "bitmaps": ["boolean"],
    }
)
def load_optdigits(
    *,
    subset: str = "all",
    return_X_y: bool = False,
    as_frame: bool = False,
    bitmaps: bool = False,
) -> Any:  # a Bunch or a tuple, by what is asked for
    """Load the complete UCI optdigits data set, packaged with skdigits.

    The 5620 samples [1]_ are in UCI's order: first the training subset (3823 samples by 30
    writers), then the test subset (1797 samples by 13 other writers), which is the data set of
    :func:`sklearn.datasets.load_digits`. To measure how well an estimator generalises to new
    writers, fit it on ``"train"`` and score it on ``"test"``.

    Parameters
    ----------
    subset : {"all", "train", "test"}, default="all"
        The subset to load.
    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        If True, ``data`` is a DataFrame and ``target`` a Series.
    bitmaps : bool, default=False
        If True, the Bunch also has the 32x32 bitmaps that the counts were made of.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object. Its arrays are new in each call and may be modified.

        data : ndarray or DataFrame of shape (n_samples, 64), dtype float64
            The counts 0..16 of ink in the 8x8 blocks, row by row.
        target : ndarray or Series of shape (n_samples,), dtype int64
            The digits, 0..9.
        images : ndarray of shape (n_samples, 8, 8), dtype float64
            The same counts as images; a view of ``data`` unless `as_frame`.
        frame : DataFrame of shape (n_samples, 65) or None
            ``data`` and ``target`` together, if `as_frame`.
        feature_names : list of str
            ``"pixel_0_0"`` to ``"pixel_7_7"``: row and column of the block.
        target_names : ndarray of shape (10,)
            The digits.
        bitmaps : ndarray of shape (n_samples, 32, 32), dtype uint8
            1 for ink and 0 for paper, if `bitmaps`: the counts are those of the ink in each
            block of 4x4. All 0 where the bitmap is missing: 943 samples of the training subset,
            those of UCI's file "wdep".
        has_bitmap : ndarray of shape (n_samples,), dtype bool
            Whether the bitmap is there, if `bitmaps`.
        subset : str
            As given.
        DESCR : str
            The description of the data set.
        metadata : dict
            Name, UCI id, DOI, URL, licence, creators, year, citation and size of the data set.

    (data, target) : tuple, if `return_X_y`
        The data and the labels only.

    Raises
    ------
    ValueError
        If a parameter is not valid.

    See Also
    --------
    fetch_optdigits : Fetch the same data from the UCI repository.
    writer_groups : Inferred writers of the test subset.

    References
    ----------
    .. [1] E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits
       UCI Machine Learning Repository. https://doi.org/10.24432/C50P49

    Examples
    --------
    >>> from skdigits.datasets import load_optdigits
    >>> digits = load_optdigits()
    >>> digits.data.shape, digits.images.shape
    ((5620, 64), (5620, 8, 8))
    >>> X_test, y_test = load_optdigits(subset="test", return_X_y=True)
    >>> y_test[:10]
    array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    >>> digits = load_optdigits(bitmaps=True)
    >>> digits.bitmaps[digits.has_bitmap].shape
    (4677, 32, 32)
    """
    per_sample: dict[str, Any] = {}
    if bitmaps:
        per_sample["bitmaps"], per_sample["has_bitmap"] = packaged_bitmaps()
    return optdigits_bunch(
        packaged_table(), subset=subset, return_X_y=return_X_y, as_frame=as_frame, **per_sample
    )


def writer_groups() -> npt.NDArray[np.int64]:
    """Return the inferred writer of each sample of the test subset.

    The data set does not name its writers. In the test subset, however, the runs of the digits
    0 to 9 start anew at 14 places, and each of the segments looks like one person's hand. As 13
    writers are documented, two of the segments may be by the same one.

    Returns
    -------
    groups : ndarray of shape (1797,), dtype int64
        Segment of each sample, 0..13, in the order of ``load_optdigits(subset="test")`` and
        :func:`sklearn.datasets.load_digits`.

    See Also
    --------
    load_optdigits : Load the data; its two subsets have no writer in common.

    Examples
    --------
    Score on writers that the classifier was not trained on:

    >>> from sklearn.linear_model import RidgeClassifier
    >>> from sklearn.model_selection import GroupKFold, cross_val_score
    >>> from skdigits.datasets import load_optdigits, writer_groups
    >>> X, y = load_optdigits(subset="test", return_X_y=True)
    >>> scores = cross_val_score(
    ...     RidgeClassifier(), X, y, groups=writer_groups(), cv=GroupKFold(n_splits=7)
    ... )
    >>> scores.shape
    (7,)
    """
    return np.repeat(np.arange(14, dtype=np.int64), np.diff(_SEGMENTS))


def find_doubtful_labels(X: npt.ArrayLike, y: npt.ArrayLike) -> dict[int, int]:
    """Find samples of the test subset whose image does not look like its label.

    In the test subset, these are rows 1038, 1119 and 1146, labelled 9 and more like a 3, row 1468,
    labelled 8 and more like a 9, and row 1632, labelled 3 and more like a 9. Nobody can say what is
    right: all writers copied the same text, and the five labels are those of the text, so it may
    be the writer who departed from it. Rows 1038, 1119 and 1146 are by one writer, whose 9s
    end in a bow to the left. A classifier's mistake on such a sample says little about it.

    They are found by their counts and labels, in whatever order or selection they come.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Samples.
    y : array-like of shape (n_samples,)
        Their labels.

    Returns
    -------
    looks_like : dict of int to int
        The digit that the sample looks like, by its row in `X`. Often empty.

    See Also
    --------
    load_optdigits : Load the data.

    Examples
    --------
    >>> from skdigits.datasets import find_doubtful_labels, load_optdigits
    >>> X, y = load_optdigits(subset="test", return_X_y=True)
    >>> find_doubtful_labels(X, y)
    {1038: 3, 1119: 3, 1146: 3, 1468: 9, 1632: 9}
    >>> find_doubtful_labels(X[1400:1500], y[1400:1500])
    {68: 9}
    """
    X, y = np.asarray(X), np.asarray(y)
    rows = list(_DOUBTFUL)
    doubtful, labels = (part[rows] for part in load_optdigits(subset="test", return_X_y=True))
    if X.shape[1:] != doubtful.shape[1:]:
        return {}
    is_same = (X[:, np.newaxis] == doubtful).all(axis=2) & (y[:, np.newaxis] == labels)
    return {int(row): _DOUBTFUL[rows[which]] for row, which in np.argwhere(is_same)}
