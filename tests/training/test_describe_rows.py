import hashlib

import numpy as np

from skdigits.training import describe_rows

X = np.arange(12, dtype=np.float32).reshape(6, 2)
Y = np.array(["b", "a", "b", "c", "a", "b"])


def describe(X=X, y=Y, weight=None):
    weight = np.ones(len(y)) if weight is None else weight
    return describe_rows(X, y, weight, np.array(["a", "b", "c", "d"]))


def test_rows_are_counted_by_class_those_without_rows_too():
    described = describe()
    assert described["n_samples"] == 6
    assert described["n_features"] == 2
    assert described["class_counts"] == {"a": 2, "b": 3, "c": 1, "d": 0}


def test_the_digest_is_what_the_documentation_says():
    codes = np.array([1, 0, 1, 2, 0, 1], "<i8")
    content = X.astype("<f4").tobytes() + codes.tobytes() + np.ones(6, "<f8").tobytes()
    assert describe()["sha256"] == hashlib.sha256(content).hexdigest()


def test_rows_of_weight_0_do_not_count_whatever_their_label():
    weight = np.array([1, 0, 1, 0, 1, 2.0])
    kept = weight > 0
    y = Y.copy()
    y[3] = "z"
    assert describe(y=y, weight=weight) == describe(X[kept], Y[kept], weight[kept])


def test_another_value_label_weight_or_order_is_another_digest():
    digests = {
        describe()["sha256"],
        describe(X + 1)["sha256"],
        describe(y=np.roll(Y, 1))["sha256"],
        describe(weight=np.full(6, 2.0))["sha256"],
        describe(X[::-1], Y[::-1])["sha256"],
    }
    assert len(digests) == 5


def test_the_layout_in_memory_does_not_matter():
    assert describe(np.asfortranarray(X)) == describe() == describe(np.repeat(X, 2, axis=1)[:, ::2])
