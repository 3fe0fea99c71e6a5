"""Check rows that should be digits, and say in words what is wrong with them."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdigits._validation import caller_stacklevel
from skdigits.exceptions import DigitsWarning
from skdigits.pictures import MOST_NOVELTY, NOT_SURE

__all__ = ["Finding", "are_digits", "check_digits", "warn_of_odd_rows"]

_SIDE = 8
_FULL_INK = 16

# Out of how many counts a line of 8 blocks is written on. In all 5620 digits the first and the
# last line of blocks have 6 or more, and the emptier one of the two outer columns has up to 11.
_WRITTEN_ON = 3

# Features of the 28 blocks at the border.
_BORDER = np.flatnonzero(np.pad(np.zeros((_SIDE - 2, _SIDE - 2)), 1, constant_values=1))

# Part of ink in the 28 blocks at the border. At most 0.315 in the 5620 digits, so at least 0.685
# where ink and background have changed places.
_INVERTED = 0.5

# Largest undershoot below 0, as a fraction of the highest value.
_OVERSHOOT = 0.1

# Distance from a whole number, up to which a value counts as whole: counts that were scaled to
# bytes 0..255 and back are not exact.
_WHOLE = 0.1

# Least number of blocks of a resized picture that are not whole; bytes have a few by chance.
_FRACTIONS = 8

# Blocks that are partly inked, at least 11 of a digit: none where pixels of black and white were
# picked out.
_PARTLY_INKED = 2

# The highest count and the part of ink are at least 14 and 0.18 in the 5620 digits; some have less
# ink when they are moved, and a line of blocks is lost.
_DARKEST = 14
_LEAST_INK = 0.16

# Rows that are looked at together.
_ROWS_AT_A_TIME = 10_000

# Of a training set, up to twice as many, wherever they stand.
_ROWS_THAT_TELL = 2_000


@dataclass(frozen=True)
class Finding:
    """Something that :func:`check_digits` noticed.

    Attributes
    ----------
    kind : str
        "one_digit", "images" and "n_features" are about the shape of `X`; "empty",
        "not_finite", "negative", "out_of_range", "scaled_to_1", "scaled_to_255", "too_large",
        "inverted", "resized", "transposed" and "cut_off" about values; "unlike_a_digit" about
        what a model says, "unsure" about the reading of a picture, "cleaned" about a picture.
    rows : tuple of int
        Indices of the rows in question; none where it is the shape.
    message : str
        What was found and what to do.

    See Also
    --------
    skdigits.check_digits : Return what is odd about samples.
    """

    kind: str
    rows: tuple[int, ...]
    message: str


@np.errstate(all="ignore")  # values may be anything, whatever the caller's settings
def check_digits(X: Any, *, novelty: Any = None) -> list[Finding]:
    """Check in what way rows are unlike the digits data, and say what to do about it.

    A classifier takes any 64 numbers for a digit. This looks for the mistakes that are made on the
    way to them: values that are not counts 0..16, ink and background or rows and columns that have
    changed places, pictures that were merely resized to 8x8, margins. None of the 5620 rows of the
    digits data gives a finding; how many mistakes are found is in the user guide.

    Parameters
    ----------
    X : array-like of shape (n_samples, 64)
        Flat images; block counts 0..16 if all is well.
    novelty : array-like of shape (n_samples,), default=None
        How unlike a digit a model finds each row, from 0 to 1, such as
        ``default_model().novelty(X)``: beyond 0.99 it is a finding.

    Returns
    -------
    list of Finding
        Empty if nothing was found. If the shape is wrong but can be recovered, the values are
        checked as well.

    Raises
    ------
    ValueError
        If `X` does not hold numbers, or is not rectangular, or `novelty` is not a number for each
        row.

    See Also
    --------
    skdigits.pictures.DigitImageEncoder : From pictures to such rows.

    Notes
    -----
    Without `novelty`, letters and digits that are shifted sideways, mirrored or upside down are not
    detected.

    Examples
    --------
    >>> from skdigits import check_digits
    >>> from skdigits.datasets import load_optdigits
    >>> X, _ = load_optdigits(return_X_y=True)
    >>> check_digits(X)
    []
    >>> for finding in check_digits(X[:2] / 16):
    ...     print(finding.message)
    Values reach from 0 to 1: ink counts are 0..16, pass X * 16. (2 of 2 rows: 0, 1)
    """
    X = _numbers(X)
    findings: list[Finding] = []
    X = _as_rows(X, findings)
    if X is None:
        return findings
    if not len(X):
        return [*findings, Finding("empty", (), "X has no rows; there is nothing to predict.")]

    def find(kind: str, which: np.ndarray) -> None:
        if which.any():
            rows = tuple(np.flatnonzero(which).tolist())
            findings.append(Finding(kind, rows, _MESSAGES[kind] + _places(rows, len(which))))

    # Each row is judged by the first of these that holds, and by its scale and image if none does.
    finite = np.isfinite(X).all(axis=1)
    find("not_finite", ~finite)
    low, high = X.min(axis=1), X.max(axis=1)
    empty = finite & (low == high)
    find("empty", empty)
    # Interpolation overshoots by a tenth at most; a mean of 0 or -1..1 is another matter.
    negative = finite & ~empty & (low < -_OVERSHOOT * high)
    find("negative", negative)
    digits = finite & ~empty & ~negative
    above = (high > _FULL_INK + _WHOLE) & (high <= 2 * _FULL_INK)
    find("out_of_range", digits & ((low < -_WHOLE) | above))
    full_ink = _full_ink(high, digits, find)
    _look_at_images(X.reshape(-1, _SIDE, _SIDE), digits, full_ink, find)
    if novelty is not None:
        novelty = np.asarray(novelty, dtype=np.float64)
        if novelty.shape != (len(X),):
            raise ValueError(
                f"novelty has the shape {novelty.shape}; expected ({len(X)},), a number for each "
                "row of X."
            )
        find("unlike_a_digit", novelty > MOST_NOVELTY)
    return findings


_MESSAGES = {
    "not_finite": "There are missing or infinite values: fill them in, 0 is a block without ink, "
    "or leave these rows out.",
    "empty": "All 64 values are the same, there is no digit: look for where the picture was lost.",
    "negative": "There are negative values: ink counts are 0..16. Undo the standardisation, for "
    "example with the scaler's inverse_transform, or pass "
    "16 * (X - X.min()) / (X.max() - X.min()).",
    "out_of_range": "Values lie a little outside of 0..16, the range of ink counts: pass "
    "np.clip(X, 0, 16).",
    "scaled_to_1": "Values reach from 0 to 1: ink counts are 0..16, pass X * 16.",
    "scaled_to_255": "Values look like 0..255: ink counts are 0..16, pass X * 16 / 255.",
    "too_large": "Values are above 255: ink counts are 0..16, pass X * 16 / M, with M the largest "
    "value that is possible, such as 65535.",
    "inverted": "The background is full of ink: pass 16 - X, once the values are 0..16.",
    "resized": "This looks like a picture that was merely resized to 8x8, or like digits that were "
    "interpolated, made paler or given noise: counts are whole numbers, blank paper is 0, and "
    "digits reach from the first line of blocks to the last. Pass the picture as it was to "
    "skdigits.pictures.read_digit, or to skdigits.pictures.DigitImageEncoder, which makes counts.",
    "transposed": "The digits lie on their side: they touch the left and right border, not top and "
    "bottom. If rows and columns have changed places (order='F'), pass "
    "X.reshape(-1, 8, 8).transpose(0, 2, 1).reshape(-1, 64).",
    "cut_off": "The first or last line of blocks has no ink, and digits reach from the first to "
    "the last: cut off the margins before scaling, as "
    "skdigits.pictures.DigitImageEncoder does.",
    "unlike_a_digit": f"{NOT_SURE} It may be a letter, another sign or several digits: look at it.",
}

_Find = Callable[[str, np.ndarray], None]


def are_digits(X: np.ndarray) -> bool:
    """Return whether rows look like digits, all but a few.

    Examples
    --------
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.preprocessing import are_digits
    >>> X, _ = load_optdigits(return_X_y=True)
    >>> are_digits(X), are_digits(X / 16)
    (True, False)
    """
    if X.shape[1] != _SIDE**2:
        return False
    with np.errstate(all="ignore"):  # beyond what float32 can hold
        # Of many rows, some thousands that are spread over all of them tell as much.
        X = X[:: max(1, len(X) // _ROWS_THAT_TELL)].astype(np.float32, copy=False)
    odd = {row for finding in check_digits(X[_suspects(X)]) for row in finding.rows}
    return len(odd) <= 0.05 * len(X)


def warn_of_odd_rows(X: np.ndarray) -> None:
    """Warn of rows to predict that are not digits, on behalf of a model trained on digits.

    The rows hold finite numbers. The caller has to know that the model was trained on digits: a
    model trained on scaled rows predicts scaled rows. Each call warns again, and Python's filters
    decide how often a warning is shown; it points to the nearest line outside of this package and
    scikit-learn.

    Warns
    -----
    skdigits.exceptions.DigitsWarning
        For each kind of finding in the first 10,000 rows that have any, but for "cut_off".
    """
    if DigitsWarning.is_silenced():
        return
    for start in range(0, len(X), _ROWS_AT_A_TIME):
        stop = start + _ROWS_AT_A_TIME
        odd = _suspects(X[start:stop])
        if not len(odd):
            continue
        odd += start
        # What is moved up or down on purpose has a margin as well.
        findings = [finding for finding in check_digits(X[odd]) if finding.kind != "cut_off"]
        for finding in findings:
            places = _places(tuple(odd[list(finding.rows)].tolist()), min(stop, len(X)))
            warnings.warn(
                "The rows to predict are unlike those of training. "
                f"{_MESSAGES[finding.kind]}{places}",
                DigitsWarning,
                stacklevel=caller_stacklevel(),
            )
        if findings:
            return


def _suspects(X: np.ndarray) -> np.ndarray:
    """Return the rows that may give a finding, in microseconds: few digits do."""
    with np.errstate(all="ignore"):  # values that are far from counts
        are_counts = (np.minimum(X.astype(np.uint8), _FULL_INK) == X).all(axis=1)
        are_digits = (
            (X[:, :_SIDE].sum(axis=1) >= _WRITTEN_ON)
            & (X[:, -_SIDE:].sum(axis=1) >= _WRITTEN_ON)
            & (X[:, 0] == 0)  # a corner that is empty in all 5620 digits
            & (X[:, _BORDER].sum(axis=1) <= _INVERTED * _FULL_INK * len(_BORDER))
            & (X.sum(axis=1) >= _LEAST_INK * _FULL_INK * _SIDE**2)
            # Blocks that are half inked add (16 / 2) ** 2, empty and full ones nothing.
            & ((X * (_FULL_INK - X)).sum(axis=1) >= _PARTLY_INKED * (_FULL_INK / 2) ** 2)
        )
    return np.flatnonzero(~(are_counts & are_digits))


def _numbers(X: Any) -> np.ndarray:
    try:
        return np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"X cannot be read as rows of 64 numbers ({error}). Pass a dense array, list or frame "
            "of block counts; pictures and their paths become such rows with "
            "skdigits.pictures.DigitImageEncoder."
        ) from error


def _as_rows(X: np.ndarray, findings: list[Finding]) -> np.ndarray | None:
    """Return the rows, None if there are none to be had, and note what is wrong with the shape."""
    shape = X.shape[:-1] if X.ndim > 2 and X.shape[-1] == 1 else X.shape
    image = (_SIDE, _SIDE)
    if X.ndim == 2 and X.shape[1] == _SIDE * _SIDE:
        return X
    if shape in {(_SIDE * _SIDE,), image}:
        kind, message = "one_digit", "one digit: pass X.reshape(1, -1)"
    elif len(shape) == 3 and shape[1:] == image:
        kind, message = "images", "images, expected flat rows: pass X.reshape(len(X), -1)"
    elif len(shape) == 2 and shape[1] == _SIDE * _SIDE + 1:
        kind, message = "n_features", "65 columns, expected 64: take the labels out of X"
    elif len(shape) == 2 and shape[0] == _SIDE * _SIDE:
        kind, message = "n_features", "64 rows, expected 64 columns: pass X.T"
    else:
        kind, message = (
            "n_features",
            "not rows of 64 block counts: make them with "
            "skdigits.pictures.DigitImageEncoder, which takes pictures of any size",
        )
    findings.append(Finding(kind, (), f"X of shape {X.shape} is {message}."))
    return None if kind == "n_features" else X.reshape(-1, _SIDE * _SIDE)


def _full_ink(high: np.ndarray, digits: np.ndarray, find: _Find) -> np.ndarray:
    """Return what value stands for a block full of ink in each row."""
    to_1 = digits & (high <= 1)
    to_255 = digits & (high > 2 * _FULL_INK) & (high <= 255)
    above = digits & (high > 255)
    find("scaled_to_1", to_1)
    find("scaled_to_255", to_255)
    find("too_large", above)
    return np.select([to_1, to_255, above], [1.0, 255.0, high], default=_FULL_INK)


def _look_at_images(
    images: np.ndarray, digits: np.ndarray, full_ink: np.ndarray, find: _Find
) -> None:
    with np.errstate(all="ignore"):  # rows that are no digits
        ink = images * (_FULL_INK / full_ink)[:, np.newaxis, np.newaxis]
        border = (ink.sum(axis=(1, 2)) - ink[:, 1:-1, 1:-1].sum(axis=(1, 2))) / 28
    inverted = digits & (border > _INVERTED * _FULL_INK)
    find("inverted", inverted)
    with np.errstate(all="ignore"):
        ink = np.where(inverted[:, np.newaxis, np.newaxis], _FULL_INK - ink, ink)
        lines = np.stack([ink[:, 0].sum(axis=1), ink[:, -1].sum(axis=1)])
        spans_rows = lines.min(axis=0) >= _WRITTEN_ON
        spans_columns = (
            np.minimum(ink[:, :, 0].sum(axis=1), ink[:, :, -1].sum(axis=1)) >= _WRITTEN_ON
        )
        in_a_margin = (
            (lines.max(axis=0) < _WRITTEN_ON)
            | (ink.max(axis=(1, 2)) < _DARKEST)
            | (ink.mean(axis=(1, 2)) < _LEAST_INK * _FULL_INK)
        )
        resized = digits & (
            (in_a_margin & ~spans_rows & ~spans_columns) | _is_interpolated(ink, full_ink)
        )
    find("resized", resized)
    find("transposed", digits & ~resized & spans_columns & ~spans_rows)
    find("cut_off", digits & ~resized & ~spans_columns & ~spans_rows)


def _is_interpolated(ink: np.ndarray, full_ink: np.ndarray) -> np.ndarray:
    """Return which rows have values in the range of counts that are not counts of ink."""
    blocks = ink.reshape(len(ink), -1)
    fractions = (np.abs(blocks - np.rint(blocks)) > _WHOLE).sum(axis=1)
    partly = ((blocks > _WHOLE) & (blocks < _FULL_INK - _WHOLE)).sum(axis=1)
    # Beyond 255, the value of full ink is unknown.
    counts_known = full_ink <= 255
    return (
        (counts_known & (fractions >= _FRACTIONS))
        | (partly < _PARTLY_INKED)
        | (blocks.min(axis=1) > 0.5)
    )


def _places(rows: tuple[int, ...], n_rows: int) -> str:
    more = ", ..." if len(rows) > 3 else ""
    return f" ({len(rows)} of {n_rows} rows: {', '.join(map(str, rows[:3]))}{more})"
