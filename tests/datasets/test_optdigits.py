import re
from importlib import resources
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from skdigits.datasets import find_doubtful_labels, load_optdigits, writer_groups
from skdigits.datasets._packaged import SHA256, digest, packaged_table


def test_packaged_table_is_the_published_one():
    table = packaged_table()

    assert (table.shape, table.dtype, table.flags.c_contiguous) == ((5620, 65), np.uint8, True)
    assert digest(table) == SHA256
    assert SHA256 == "a88fcce34a8912ee99fb04893ce831c603fcf73799df3c49e93ec05a736beef2"


def test_packaged_file_is_small_and_credited():
    folder = resources.files("skdigits.datasets") / "data"

    assert len((folder / "optdigits.npz").read_bytes()) < 200_000
    licence = (folder / "LICENSE-data.md").read_text(encoding="utf-8")
    for credit in ("Alpaydin", "Kaynak", "10.24432/C50P49", "creativecommons.org/licenses/by/4.0"):
        assert credit in licence


def test_bunch():
    digits = load_optdigits()

    assert digits.data.shape == (5620, 64)
    assert digits.data.dtype == np.float64
    assert (digits.data.min(), digits.data.max()) == (0, 16)
    assert (digits.target.shape, digits.target.dtype) == ((5620,), np.int64)
    np.testing.assert_array_equal(digits.images, digits.data.reshape(-1, 8, 8))
    assert digits.frame is None
    assert digits.subset == "all"
    assert "**Data Set Characteristics:**" in digits.DESCR
    assert digits.metadata["uci_id"] == 80
    assert digits.metadata["doi"] == "10.24432/C50P49"


def test_the_counts_are_those_of_the_bitmaps():
    digits = load_optdigits(bitmaps=True)
    bitmaps, has_bitmap = digits.bitmaps, digits.has_bitmap

    assert (bitmaps.shape, bitmaps.dtype, set(np.unique(bitmaps))) == (
        (5620, 32, 32),
        np.uint8,
        {0, 1},
    )
    counts = bitmaps.reshape(-1, 8, 4, 8, 4).sum(axis=(2, 4)).reshape(-1, 64)
    np.testing.assert_array_equal(counts[has_bitmap], digits.data[has_bitmap])
    assert list(np.flatnonzero(~has_bitmap)) == list(range(2880, 3823))
    assert not bitmaps[~has_bitmap].any()


def test_bitmaps_are_those_of_the_subset_and_only_if_they_are_asked_for():
    whole, test = (load_optdigits(subset=subset, bitmaps=True) for subset in ("all", "test"))

    np.testing.assert_array_equal(whole.bitmaps[3823:], test.bitmaps)
    assert test.has_bitmap.all()
    test.bitmaps[:] = 1
    assert not load_optdigits(subset="test", bitmaps=True).bitmaps.all()
    assert "bitmaps" not in load_optdigits()


def test_test_part_is_scikit_learns_load_digits():
    ours, theirs = load_optdigits(subset="test", as_frame=True), load_digits(as_frame=True)
    pd.testing.assert_frame_equal(ours.data, theirs.data)
    pd.testing.assert_series_equal(ours.target, theirs.target)
    pd.testing.assert_frame_equal(ours.frame, theirs.frame)

    ours, theirs = load_optdigits(subset="test"), load_digits()
    for key in ("data", "target", "images", "target_names"):
        np.testing.assert_array_equal(ours[key], theirs[key])
        assert ours[key].dtype == theirs[key].dtype
    assert ours.feature_names == theirs.feature_names
    assert set(theirs) < set(ours)


def test_parts_follow_each_other_and_have_the_documented_classes():
    train, test = load_optdigits(subset="train"), load_optdigits(subset="test")

    np.testing.assert_array_equal(np.vstack([train.data, test.data]), load_optdigits().data)
    assert np.bincount(train.target).tolist() == [
        376, 389, 380, 389, 387, 376, 377, 387, 380, 382,
    ]  # fmt: skip
    assert np.bincount(test.target).tolist() == [
        178, 182, 177, 183, 181, 182, 181, 179, 174, 180,
    ]  # fmt: skip


@pytest.mark.parametrize("as_frame", [False, True])
def test_return_of_data_and_target(as_frame):
    X, y = load_optdigits(return_X_y=True, as_frame=as_frame)
    digits = load_optdigits(as_frame=as_frame)

    assert type(X) is type(digits.data)
    np.testing.assert_array_equal(X, digits.data)
    np.testing.assert_array_equal(y, digits.target)


def test_changes_to_one_result_do_not_show_in_the_next():
    first = load_optdigits()
    first.data[:] = -1
    first.target[:] = -1
    first.metadata["creators"].clear()
    first.feature_names.clear()

    second = load_optdigits()

    assert digest(np.column_stack([second.data, second.target]).astype(np.uint8)) == SHA256
    assert second.metadata["creators"] == ["E. Alpaydin", "C. Kaynak"]
    assert len(second.feature_names) == 64


@pytest.mark.parametrize("wrong", [{"subset": "holdout"}, {"as_frame": 2}, {"return_X_y": "no"}])
def test_parameters_are_validated(wrong):
    with pytest.raises(ValueError, match=f"The '{next(iter(wrong))}' parameter"):
        load_optdigits(**wrong)


def test_writer_groups_are_segments_of_the_test_part():
    groups = writer_groups()

    assert groups.shape == (1797,)
    assert np.unique(groups).tolist() == list(range(14))
    assert set(np.diff(groups)) == {0, 1}
    # Each segment begins with a run of 0, 1, ..., 9.
    target = load_optdigits(subset="test").target
    starts = np.searchsorted(groups, range(14))
    assert all(target[start : start + 10].tolist() == list(range(10)) for start in starts)
    assert all(end - start > 100 for start, end in pairwise([*starts, 1797]))


def test_doubtful_labels_are_found_in_any_order_and_selection():
    X, y = load_optdigits(return_X_y=True)
    assert find_doubtful_labels(X, y) == {4861: 3, 4942: 3, 4969: 3, 5291: 9, 5455: 9}
    order = np.random.default_rng(0).permutation(len(y))
    found = find_doubtful_labels(X[order], y[order])
    assert sorted(order[list(found)]) == [4861, 4942, 4969, 5291, 5455]
    assert find_doubtful_labels(X[:3823], y[:3823]) == {}
    assert find_doubtful_labels(X, (y + 1) % 10) == {}  # corrected ones are not doubtful
    assert find_doubtful_labels(X[:, :5], y) == {}


def test_doubtful_labels_are_those_of_the_text_that_all_writers_copied():
    y = load_optdigits(subset="test").target
    text = "".join(map(str, y))
    for row in find_doubtful_labels(*load_optdigits(subset="test", return_X_y=True)):
        before, after = text[row - 6 : row], text[row + 1 : row + 7]
        there = re.findall(f"(?<={before}).(?={after})", text)
        assert len(there) > 10
        assert set(there) == {text[row]}
