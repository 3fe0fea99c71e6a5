"""Fits that go on from an earlier one, or fail: attributes, parameters and the history."""

import warnings

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def few(digits):
    X, y = digits
    return X[:120], y[:120]


CHANGES = [
    {"rescale": None},
    {"optimizer": "sgd"},
    {"weight_decay": 0.5},
    {"image_shape": (4, 16)},
    {"random_state": 3},
    {"filters": (4,), "optimizer": "sgd"},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_what_training_that_goes_on_cannot_change_is_named(few, tiny, changes, how):
    clf = tiny(epochs=1, warm_start=True).fit(*few).set_params(**changes)
    with pytest.warns(UserWarning, match="changed since the network was made") as caught:
        getattr(clf, how)(*few)
    assert str(caught[0].message).startswith(", ".join(sorted(changes)) + ":")
    assert caught[0].filename == __file__


def test_what_it_does_change_is_not(few, tiny):
    clf = tiny(epochs=1, warm_start=True).fit(*few)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.partial_fit(*few)
        clf.set_params(filters=[8], dense_units=np.array([32])).partial_fit(*few)
        clf.set_params(learning_rate=0.002, epochs=2, batch_size=8, temperature=0.5).fit(*few)
        clf.set_params(label_smoothing=0.1, augment="affine", class_weight={1: 2}).fit(*few)


def test_a_fit_that_fails_leaves_all_of_an_earlier_one(few, tiny):
    X, y = few
    names = [f"pixel {number}" for number in range(64)]
    clf = tiny(epochs=1).fit(pd.DataFrame(X, columns=names), y)
    before = dict(vars(clf))
    bad = [
        (X[:, :32], np.zeros(len(y))),  # of one class
        (np.full((4, 9), np.nan), [0, 1, 0, 1]),
        (X[:, :49] * 1e30, y),
    ]
    for rows in bad:
        with pytest.raises(ValueError, match=r"class|NaN|cannot be trained on"):
            clf.fit(*rows)
        assert vars(clf) == before
    clf.fit(X[:, :49], y)
    assert clf.n_features_in_ == 49
    assert not hasattr(clf, "feature_names_in_")


def test_the_history_is_a_table(few, tiny):
    clf = tiny().partial_fit(*few, classes=range(10)).partial_fit(*few)
    assert set(clf.history_) == {"loss", "accuracy"}
    clf.set_params(warm_start=True, epochs=2, validation_fraction=0.2).fit(*few)
    clf.partial_fit(*few)
    table = pd.DataFrame(clf.history_)
    assert len(table) == clf.n_iter_ == 5
    validated = [False, False, True, True, False]
    assert table.notna()[["loss", "accuracy"]].all(axis=None)
    assert table["val_loss"].notna().tolist() == validated
    assert table["val_accuracy"].notna().tolist() == validated


def test_the_best_epoch_is_there_after_early_stopping(few, tiny):
    clf = tiny(epochs=40, early_stopping=True, n_iter_no_change=2, learning_rate=0.03).fit(*few)
    losses = clf.history_["val_loss"]
    assert clf.best_iter_ == np.argmin(losses) + 1
    assert clf.n_iter_ == clf.best_iter_ + 2
    first = clf.n_iter_
    clf.set_params(warm_start=True).fit(*few)
    assert clf.best_iter_ == first + np.argmin(clf.history_["val_loss"][first:]) + 1
    clf.partial_fit(*few)
    with pytest.raises(AttributeError, match="early_stopping=True"):
        _ = clf.best_iter_


@pytest.mark.parametrize(
    ("schedule", "least"), [("constant", 3), ("cosine", 12), ("one_cycle", 15)]
)
def test_early_stopping_waits_until_the_learning_rate_has_halved(few, tiny, schedule, least):
    X, y = few
    clf = tiny(
        epochs=20, early_stopping=True, n_iter_no_change=2, learning_rate_schedule=schedule,
        optimizer="sgd", learning_rate=1e-30, validation_fraction=0.2, batch_normalization=False,
    ).fit(X, y)  # fmt: skip
    # With such a learning rate, nothing gets better after the first epoch.
    assert clf.n_iter_ == least
