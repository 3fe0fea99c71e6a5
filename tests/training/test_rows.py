import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skdigits.training._rows import (
    Images,
    Rows,
    auto_batch_size,
    check_magnitudes,
    describe_rows,
    index_rows,
    merge_rows,
    set_aside,
)


def flat(X):
    return Images(X, X.shape[1:])


def merge(rows, *, keep_order):
    merged = merge_rows(rows._replace(X=flat(rows.X)), keep_order=keep_order)
    return merged._replace(X=merged.X[:])


@st.composite
def weighted_rows(draw):
    n = draw(st.integers(1, 12))
    X = draw(hnp.arrays(np.float32, (n, 2), elements=st.integers(-1, 1)))
    y = draw(hnp.arrays(np.int64, n, elements=st.integers(0, 2)))
    weight = draw(hnp.arrays(np.float64, n, elements=st.integers(1, 4)))
    return Rows(X, y, weight)


@given(rows=weighted_rows(), keep_order=st.booleans())
def test_merging_keeps_the_share_of_each_distinct_row(rows, keep_order):
    merged = merge(rows, keep_order=keep_order)
    keys = [(*x, y) for x, y in zip(merged.X.tolist(), merged.y.tolist(), strict=True)]
    assert len(set(keys)) == len(keys)
    assert merged.sample_weight.mean() == pytest.approx(1)
    shares = dict(zip(keys, merged.sample_weight / merged.sample_weight.sum(), strict=True))
    for key, share in shares.items():
        same = (key[:2] == rows.X).all(axis=1) & (rows.y == key[2])
        assert share == pytest.approx(rows.sample_weight[same].sum() / rows.sample_weight.sum())
    assert sum(shares.values()) == pytest.approx(1)


@given(rows=weighted_rows())
def test_a_weight_of_2_is_the_row_twice(rows):
    repeats = rows.sample_weight.astype(int)
    repeated = Rows(
        np.repeat(rows.X, repeats, axis=0), np.repeat(rows.y, repeats), np.ones(repeats.sum())
    )
    for weighted, twice in zip(
        merge(rows, keep_order=False), merge(repeated, keep_order=False), strict=True
    ):
        np.testing.assert_array_equal(weighted, twice)


@given(rows=weighted_rows(), data=st.data())
def test_the_order_of_rows_does_not_matter(rows, data):
    order = np.array(data.draw(st.permutations(range(len(rows.y)))))
    shuffled = Rows(*(values[order] for values in rows))
    for a, b in zip(merge(rows, keep_order=False), merge(shuffled, keep_order=False), strict=True):
        np.testing.assert_array_equal(a, b)


@given(rows=weighted_rows())
def test_keeping_the_order_is_the_order_of_first_appearance(rows):
    merged = merge(rows, keep_order=True)
    expected = list(dict.fromkeys((*x, y) for x, y in zip(rows.X.tolist(), rows.y, strict=True)))
    assert [(*x, y) for x, y in zip(merged.X.tolist(), merged.y, strict=True)] == expected


@given(
    X=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 30), st.integers(1, 3)),
        elements=st.sampled_from([-0.0, 0.0, 1e-40, 1.0, 3e38]),
    ),
    data=st.data(),
)
def test_merged_rows_of_counts_are_sorted_as_numbers(X, data):
    y = data.draw(hnp.arrays(np.int64, len(X), elements=st.integers(0, 300)))
    rows = merge(Rows(X, y, np.ones(len(X))), keep_order=False)
    merged = np.column_stack([rows.X, rows.y]).astype(float)
    np.testing.assert_array_equal(merged, np.unique(np.column_stack([X, y]).astype(float), axis=0))


@given(
    values=hnp.arrays(
        np.int64,
        st.tuples(st.integers(1, 30), st.integers(1, 3)),
        elements=st.sampled_from([0, 1, 2, 127, 255]),
    ),
    dtype=st.sampled_from([np.uint8, np.int64, np.float64, np.float32, np.uint16]),
    scale=st.sampled_from([1, 1 / 16, -1, 2]),
    order=st.sampled_from("CF"),
)
def test_rows_of_any_dtype_and_order_are_merged_as_float32(values, dtype, scale, order):
    X = (values * scale).astype(dtype, order=order)
    y, weight = np.arange(len(X)) % 2, np.ones(len(X))
    of_float32 = Rows(X.astype(np.float32, order="C"), y, weight)
    for found, expected in zip(
        merge(Rows(X, y, weight), keep_order=False),
        merge(of_float32, keep_order=False),
        strict=True,
    ):
        np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_many_rows_are_copied_a_part_at_a_time(dtype):
    n_rows = 20_000
    values = np.random.default_rng(0).integers(0, 17, (n_rows, 64))
    X, y = values.astype(dtype) if dtype == np.uint8 else values + dtype(0.5), values[:, 0]
    tracemalloc.start()
    classes, rows = index_rows(flat(X), y, np.ones(n_rows), None, None)
    describe_rows(X, y, np.ones(n_rows), classes)
    check_magnitudes(Rows(X, y, np.ones(n_rows)), name="X")
    merged = merge_rows(rows, keep_order=False)
    training, _ = set_aside(merged, 0.1, seed=0, classes=classes)
    left, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = X.size * 4  # as float32
    assert len(training.X) == 0.9 * n_rows
    assert left < 0.3 * size
    assert peak < 1.5 * size


def test_rows_of_weight_0_do_not_count_not_even_as_a_class():
    X, y = np.arange(4.0)[:, None], np.array(["a", "b", "c", "b"])
    classes, rows = index_rows(flat(X), y, np.array([1.0, 2.0, 0.0, 0.0]), None, None)
    assert classes.tolist() == ["a", "b"]
    assert rows.X[:].ravel().tolist() == [0, 1]
    assert rows.y.tolist() == [0, 1]


def test_weights_that_are_all_0_are_refused():
    with pytest.raises(ValueError, match="at least one non-zero"):
        index_rows(flat(np.zeros((2, 1))), np.array([0, 1]), np.zeros(2), None, None)


def test_balanced_class_weights_count_sample_weights():
    X, y = np.arange(3.0)[:, None], np.array([0, 1, 1])
    _, rows = index_rows(flat(X), y, np.array([3.0, 1.0, 2.0]), None, "balanced")
    assert rows.sample_weight[0] == pytest.approx(rows.sample_weight[1:].sum())


@pytest.mark.parametrize(
    ("y", "classes", "class_weight", "message"),
    [
        ([1, 1], None, None, "at least 2 classes .* all of one class: .*1"),
        ([1, 5], [1, 2], None, r"labels \[5\] that are not among the classes \[1, 2\]"),
        ([1, 2], None, {1: -1}, "class_weight must be non-negative.* got -1 for 1"),
        ([1, 2], None, {1: np.nan}, "class_weight must be .*finite.* got nan for 1"),
        ([1, 2], None, {1: "2"}, "class_weight must be .*numbers.* got '2' for 1"),
        ([1, 2], None, {1: 0, 2: 0}, "class_weight must be .*not all 0"),
        (
            ["1", "2"],
            None,
            {1: 3, 2: 1},
            r"keys \[1, 2\].* not labels in y.*class_weight={'1': 2.0}",
        ),
        ([1, 2], None, {"1": 3}, r"keys \['1'\].* lacks the labels \[1, 2\]"),
        ([1, 2], None, {1: 3, 5: 2}, r"keys \[5\].* lacks the labels \[2\]"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(y, classes, class_weight, message):
    classes = None if classes is None else np.array(classes)
    with pytest.raises(ValueError, match=message):
        index_rows(flat(np.zeros((2, 1))), np.array(y), np.ones(2), classes, class_weight)


@pytest.mark.parametrize(
    "labels",
    [np.array(["8", "9"]), np.array(["8", "9"], object), np.array([8, 9], np.int8),
     np.array([8.0, 9.0], np.float32), np.array([False, True]), np.array(["08", "x"])],
)  # fmt: skip
def test_class_weights_are_found_by_labels_of_any_type(labels):
    y = labels[[0, 1, 1, 0]]
    weights = dict(zip(labels.tolist(), (3.0, 0.5), strict=True))
    _, rows = index_rows(flat(np.zeros((4, 1))), y, np.ones(4), None, weights)
    assert rows.sample_weight.tolist() == [3, 0.5, 0.5, 3]
    _, balanced = index_rows(flat(np.zeros((3, 1))), y[:3], np.ones(3), None, "balanced")
    assert balanced.sample_weight.tolist() == [1.5, 0.75, 0.75]


def test_labels_and_keys_of_class_weights_may_be_missing_but_not_of_both():
    X, y, classes = np.zeros((3, 1)), np.array([1, 2, 2]), np.arange(1, 5)
    for class_weight, expected in (
        ({2: 5}, [1, 5, 5]),  # the others weigh 1
        ({1: 2, 2: 3, 7: 9}, [2, 3, 3]),  # a class that these rows lack
        ({}, [1, 1, 1]),
    ):
        _, rows = index_rows(flat(X), y, np.ones(3), None, class_weight)
        assert rows.sample_weight.tolist() == expected
    _, rows = index_rows(
        flat(X), y, np.ones(3), classes, {4: 5}
    )  # of partial_fit, not in these rows
    assert rows.sample_weight.tolist() == [1, 1, 1]


def test_rows_set_aside_are_stratified_and_apart():
    y = np.repeat([0, 1], [80, 20])
    images = flat(np.arange(100.0)[:, None])
    rows = Rows(images, y, np.arange(100.0))
    training, validation = set_aside(rows, 0.25, seed=0, classes=np.arange(2))
    assert np.bincount(validation.y).tolist() == [20, 5]
    assert sorted([*training.X[:].ravel(), *validation.X[:].ravel()]) == list(range(100))
    np.testing.assert_array_equal(validation.X[:].ravel(), validation.sample_weight)


def test_the_class_with_too_few_different_rows_to_set_aside_is_named():
    X, y = np.array([[1.0], [2], [3], [9], [9]]), np.array([0, 0, 0, 1, 1])
    rows = merge_rows(Rows(flat(X), y, np.ones(5)), keep_order=True)
    with pytest.raises(ValueError, match=r"of 4 samples .* class nine has 1 different"):
        set_aside(rows, 0.5, seed=0, classes=np.array(["any", "nine"]))


@given(st.integers(1, 10_000))
def test_the_automatic_batch_size_makes_enough_steps_of_the_rows_where_it_can(n_rows):
    size = auto_batch_size(n_rows)
    assert size in {8, 16, 32, 64}
    assert size == 8 or n_rows / size >= 32
    assert size == 64 or n_rows / (2 * size) < 32
