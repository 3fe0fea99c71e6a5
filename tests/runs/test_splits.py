"""The splits of study, comparison and training: the same rows, whoever asks."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from skdigits._runs import describe_subset, split_rows, take_subset
from skdigits.datasets import load_optdigits, read_digits_csv


def test_the_hold_out_is_the_fifth_of_the_original_study():
    train, test = split_rows("mine.csv", 5620)["hold_out"]
    X, y = load_optdigits(return_X_y=True)
    expected = train_test_split(X, y, test_size=0.2, random_state=42)
    for found, known in zip((X[train], X[test], y[train], y[test]), expected, strict=True):
        np.testing.assert_array_equal(found, known)


@pytest.mark.parametrize("data", ["packaged", "uci"])
def test_unseen_writers_are_ucis_test_part(data):
    train, test = split_rows(data, 5620)["unseen_writers"]
    X, _ = load_optdigits(return_X_y=True)
    np.testing.assert_array_equal(X[train], load_optdigits(subset="train").data)
    np.testing.assert_array_equal(X[test], load_optdigits(subset="test").data)


@pytest.mark.parametrize("subset", ["train", "test", "all"])
def test_subsets_of_known_data_are_those_of_the_loaders(subset):
    found = take_subset(load_optdigits(), "packaged", subset)
    for values, known in zip(found, load_optdigits(subset=subset, return_X_y=True), strict=True):
        np.testing.assert_array_equal(values, known)


def test_subsets_of_a_file_are_stratified_and_make_up_the_whole(digits_csv):
    digits = read_digits_csv(digits_csv)
    (X_train, y_train), (X_test, y_test) = (
        take_subset(digits, digits_csv, subset) for subset in ("train", "test")
    )
    expected = train_test_split(
        digits.data, digits.target, stratify=digits.target, test_size=0.2, random_state=42
    )
    for found, known in zip((X_train, X_test, y_train, y_test), expected, strict=True):
        np.testing.assert_array_equal(found, known)
    assert take_subset(digits, digits_csv, "all")[0] is digits.data


def test_words_tell_ucis_subsets_from_those_of_a_file():
    assert describe_subset("uci", "train") == describe_subset("packaged", "train")
    assert "13 writers" in describe_subset("uci", "test")
    assert "held out" in describe_subset("mine.csv", "test")
