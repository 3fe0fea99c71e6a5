"""Mistakes on the way to rows of counts, and what is said about them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from skdigits import check_digits
from skdigits.datasets import load_optdigits

X_ALL = load_optdigits(return_X_y=True)[0]


def flat(images):
    return images.reshape(len(images), -1)


def images(X):
    return X.reshape(-1, 8, 8)


def highest(X):
    return X.max(axis=1, keepdims=True) == X


def kinds_by_row(X):
    kinds = [set() for _ in range(len(X))]
    for finding in check_digits(X):
        for row in finding.rows:
            kinds[row].add(finding.kind)
    return kinds


def turned(X):
    return flat(images(X).transpose(0, 2, 1))


def moved_down(X):
    return flat(np.pad(images(X), ((0, 0), (1, 0), (0, 0)))[:, :8])


MISTAKES = {
    "0..1": (lambda X: X / 16, {"scaled_to_1"}),
    "0..255": (lambda X: X * 255 / 16, {"scaled_to_255"}),
    "0..255 in bytes": (lambda X: (X * 255 / 16).astype(np.uint8), {"scaled_to_255"}),
    "0..65535": (lambda X: X * 65535 / 16, {"too_large"}),
    "a little more": (
        lambda X: np.where(highest(X), 17, X),
        {"out_of_range"},
    ),
    "a little less": (lambda X: np.where(np.arange(64) == 0, -0.3, X), {"out_of_range"}),
    "-1..1": (lambda X: X / 8 - 1, {"negative"}),
    "standardised": (lambda X: (X - X.mean()) / X.std(), {"negative"}),
    "inverted": (lambda X: 16 - X, {"inverted"}),
    "0..255 inverted": (lambda X: 255 - X * 255 / 16, {"scaled_to_255", "inverted"}),
    "transposed": (turned, {"transposed"}),
    "inverted and transposed": (lambda X: 16 - turned(X), {"inverted", "transposed"}),
    "a quarter turn": (lambda X: flat(np.rot90(images(X), axes=(1, 2))), {"transposed"}),
    "one block down": (moved_down, {"cut_off"}),
    "nothing": (np.zeros_like, {"empty"}),
    "one value": (lambda X: np.full_like(X, 16), {"empty"}),
    "not a number": (
        lambda X: np.where(highest(X), np.nan, X),
        {"not_finite"},
    ),
    "infinite": (lambda X: np.where(highest(X), np.inf, X), {"not_finite"}),
}


def test_no_row_of_the_data_set_is_found_fault_with():
    assert check_digits(X_ALL) == []
    assert kinds_by_row(X_ALL.astype(np.float32)) == [set()] * len(X_ALL)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_in_999_of_1000_rows_and_in_each_by_itself(name):
    mistake, expected = MISTAKES[name]
    X = mistake(X_ALL)
    kinds = kinds_by_row(X)
    assert np.mean([found == expected for found in kinds]) >= 0.999
    assert [kinds_by_row(X[i : i + 1])[0] for i in range(20)] == kinds[:20]


def test_only_the_rows_in_question_are_named():
    X = X_ALL[:10].copy()
    X[3] = 16 - X[3]
    X[7] = X[7] / 16
    findings = {finding.kind: finding for finding in check_digits(X)}
    assert {kind: finding.rows for kind, finding in findings.items()} == {
        "inverted": (3,),
        "scaled_to_1": (7,),
    }
    assert "(1 of 10 rows: 3)" in findings["inverted"].message


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("0..1", lambda X: X * 16),
        ("0..255", lambda X: X * 16 / 255),
        ("inverted", lambda X: 16 - X),
        ("transposed", lambda X: X.reshape(-1, 8, 8).transpose(0, 2, 1).reshape(-1, 64)),
    ],
)
def test_the_advice_undoes_the_mistake(name, advice):
    X = MISTAKES[name][0](X_ALL)
    (finding,) = check_digits(X)
    code = {
        "0..1": "X * 16",
        "0..255": "X * 16 / 255",
        "inverted": "16 - X",
        "transposed": "X.reshape(-1, 8, 8).transpose(0, 2, 1).reshape(-1, 64)",
    }
    assert code[name] in finding.message
    np.testing.assert_allclose(advice(X), X_ALL)


@pytest.mark.parametrize(
    ("shape", "kind", "advice"),
    [
        ((64,), "one_digit", "X.reshape(1, -1)"),
        ((8, 8), "one_digit", "X.reshape(1, -1)"),
        ((5, 8, 8), "images", "X.reshape(len(X), -1)"),
        ((5, 65), "n_features", "labels"),
        ((64, 5), "n_features", "X.T"),
        ((5, 784), "n_features", "DigitImageEncoder"),
        ((), "n_features", "DigitImageEncoder"),
    ],
)
def test_shapes_that_are_not_rows_of_64(shape, kind, advice):
    X = np.resize(X_ALL, shape)
    finding, *others = check_digits(X)
    assert (finding.kind, finding.rows) == (kind, ())
    assert advice in finding.message
    assert str(X.shape) in finding.message
    assert others == []


def test_values_are_looked_at_where_only_the_shape_is_wrong():
    kinds = [finding.kind for finding in check_digits(X_ALL[0].reshape(8, 8) / 16)]
    assert kinds == ["one_digit", "scaled_to_1"]


def test_a_missing_value_is_not_finite():
    rows = X_ALL[:2].tolist()
    rows[1][5] = None
    (finding,) = check_digits(rows)
    assert (finding.kind, finding.rows) == ("not_finite", (1,))


def test_no_rows_at_all():
    (finding,) = check_digits(np.empty((0, 64)))
    assert (finding.kind, finding.rows) == ("empty", ())


def test_frames_and_lists_are_rows_too():
    frame = load_optdigits(as_frame=True).data.head(3)
    assert check_digits(frame) == check_digits(frame.to_numpy().tolist()) == []


@pytest.mark.parametrize("X", [["three.png"], [[1, 2], [3]], {"a": 1}])
def test_what_is_not_numbers_is_refused(X):
    with pytest.raises(ValueError, match=r"rows of 64 numbers .*DigitImageEncoder"):
        check_digits(X)


def test_other_values_than_whole_numbers_are_taken_for_a_resized_picture():
    noise = np.random.default_rng(0).normal(scale=2, size=X_ALL.shape)
    for X in (np.clip(X_ALL + noise, 0, 16), X_ALL * 0.7, (X_ALL[1:] + X_ALL[:-1]) / 2.2):
        found = [kinds == {"resized"} for kinds in kinds_by_row(X)]
        assert np.mean(found) >= 0.99


def test_whole_numbers_need_not_be_exact():
    assert check_digits(X_ALL.astype(np.float32) / 255 * 255 - 1e-4) == []
    assert check_digits(np.round(X_ALL / 16, 2) * 16) == []


@given(
    arrays(
        st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_]),
        array_shapes(max_dims=4, max_side=65),
        fill=st.just(0),
    )
)
def test_any_array_is_described_without_complaint(X):
    findings = check_digits(X)
    assert all(finding.message.endswith((".", ")")) for finding in findings)


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 4), st.just(64)),
        elements=st.floats(allow_nan=True, allow_infinity=True),
    )
)
def test_any_values_are_described_without_complaint_and_left_alone(X):
    before = X.copy()
    for finding in check_digits(X):
        assert set(finding.rows) <= set(range(len(X)))
    np.testing.assert_array_equal(X, before)


def test_what_a_model_finds_unlike_a_digit_is_a_finding():
    novelty = np.zeros(5)
    novelty[[1, 3]] = 1.0
    (finding,) = check_digits(X_ALL[:5], novelty=novelty)
    assert (finding.kind, finding.rows) == ("unlike_a_digit", (1, 3))
    assert "(2 of 5 rows: 1, 3)" in finding.message


def test_novelty_must_be_a_number_for_each_row():
    with pytest.raises(ValueError, match=r"expected \(5,\)"):
        check_digits(X_ALL[:5], novelty=[0.5])
