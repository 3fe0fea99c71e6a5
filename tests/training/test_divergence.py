"""Training that diverges is an error, and leaves what was there before."""

import warnings

import keras
import numpy as np
import pytest

FAR_TOO_FAST = {"optimizer": "sgd", "learning_rate": 1e18}


@pytest.fixture
def few(digits):
    X, y = digits
    return X[:120], y[:120]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"early_stopping": True, "epochs": 30},
        {"learning_rate_schedule": "one_cycle", "batch_normalization": True},
    ],
    ids=["plain", "early stopping", "one cycle"],
)
def test_a_fit_that_diverges_says_where_and_what_to_change(few, tiny, parameters):
    clf = tiny(**FAR_TOO_FAST, **parameters)
    with pytest.raises(ValueError, match=r"diverged in epoch \d.*[Ll]ower learning_rate \(1e\+18"):
        clf.fit(*few)
    assert not hasattr(clf, "classes_")
    assert not hasattr(clf, "n_features_in_")


def test_a_partial_fit_that_diverges_leaves_the_network_before(few, tiny):
    clf = tiny(epochs=1, optimizer="sgd").fit(*few)
    before = clf.predict_proba(few[0])
    with pytest.raises(ValueError, match="diverged in epoch 2"):
        clf.set_params(learning_rate=1e30).partial_fit(*few)
    np.testing.assert_array_equal(clf.predict_proba(few[0]), before)
    assert clf.n_iter_ == 1


def test_nobody_is_handed_the_diverged_network(few, tiny, tmp_path):
    saved = keras.callbacks.ModelCheckpoint(tmp_path / "epoch.keras")
    clf = tiny(**FAR_TOO_FAST, callbacks=[saved], checkpoint=tmp_path / "state")
    with pytest.raises(ValueError, match="diverged"):
        clf.fit(*few)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    assert [*(tmp_path / "state").iterdir()] == []


def test_a_diverging_fit_spoils_none_that_comes_after(few, tiny):
    before = tiny(epochs=2).fit(*few).predict_proba(few[0])
    with pytest.raises(ValueError, match="diverged"):
        tiny(learning_rate=1e30).fit(*few)
    np.testing.assert_array_equal(tiny(epochs=2).fit(*few).predict_proba(few[0]), before)


def with_cell(X, value):
    X = X.astype(float)
    X[7, 21] = value
    return X


@pytest.mark.parametrize("value", [-1e16])
@pytest.mark.parametrize("how", ["fit", "partial_fit", "X_val"])
def test_a_feature_that_cannot_be_trained_on_is_named(few, tiny, value, how):
    X, y = few
    Z, clf = with_cell(X, value), tiny(epochs=1)
    calls = {
        "fit": lambda: clf.fit(Z, y),
        "partial_fit": lambda: clf.partial_fit(Z, y, classes=range(10)),
        "X_val": lambda: clf.fit(X, y, X_val=Z, y_val=y),
    }
    name = "X_val" if how == "X_val" else "X"
    with pytest.raises(ValueError, match=rf"{name}\[7, 21\] is .*e\+.* cannot be trained on"):
        calls[how]()


def test_a_feature_far_outside_of_the_others_is_warned_of_at_the_callers_line(few, tiny):
    X, y = few
    with pytest.warns(UserWarning, match=r"X\[7, 21\] is 1e\+06") as caught:
        tiny(epochs=1).fit(with_cell(X, 1e6), y)
    assert caught[0].filename == __file__


def test_rows_that_do_not_count_may_be_as_they_like(few, tiny):
    X, y = few
    weights = np.ones(len(y))
    weights[7] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny(epochs=1).fit(with_cell(X, 1e30), y, sample_weight=weights)
        tiny(epochs=1).fit(X * 1000.0, y)
