"""Validation rows of the caller's own: X_val, y_val and sample_weight_val."""

import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler


@pytest.fixture
def rows(digits):
    X, y = digits
    return X[:200], y[:200]


@pytest.fixture
def own(digits):
    X, y = digits
    return {"X_val": X[200:300], "y_val": y[200:300]}


def test_they_are_evaluated_after_each_epoch_and_nothing_is_set_aside(rows, own, tiny):
    clf = tiny(epochs=2).fit(*rows, **own)
    plain = tiny(epochs=2).fit(*rows)
    np.testing.assert_array_equal(clf.predict_proba(rows[0]), plain.predict_proba(rows[0]))
    assert clf.history_["val_accuracy"][-1] == pytest.approx(
        clf.score(own["X_val"], own["y_val"]), abs=1e-6
    )
    assert "val_loss" not in plain.history_


def test_early_stopping_and_temperature_go_by_them(rows, own, tiny):
    parameters = {
        "epochs": 30, "early_stopping": True, "n_iter_no_change": 2, "temperature": "validation",
        "learning_rate": 0.03,
    }  # fmt: skip
    clf = tiny(**parameters).fit(*rows, **own)
    assert clf.n_iter_ == clf.best_iter_ + 2
    others = {"X_val": rows[0][:100], "y_val": rows[1][:100]}  # what it learns by heart
    with pytest.warns(UserWarning, match="100 samples are both in X and X_val"):
        assert tiny(**parameters).fit(*rows, **others).temperature_ != clf.temperature_


def test_weights_count_and_a_row_of_weight_0_does_not(rows, own, tiny):
    weights = np.r_[np.ones(60), np.zeros(40)]
    half = {name: values[:60] for name, values in own.items()}
    weighted = tiny(epochs=1).fit(*rows, **own, sample_weight_val=weights)
    assert weighted.history_ == tiny(epochs=1).fit(*rows, **half).history_
    doubled = tiny(epochs=1).fit(*rows, **own, sample_weight_val=weights + np.arange(100) % 2)
    assert doubled.history_["val_loss"] != weighted.history_["val_loss"]


def test_labels_are_those_of_y(rows, own, tiny):
    names = np.array([*"abcdefghij"])
    clf = tiny(epochs=1).fit(rows[0], names[rows[1]], X_val=own["X_val"], y_val=names[own["y_val"]])
    assert clf.history_ == tiny(epochs=1).fit(*rows, **own).history_


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_val": None}, "X_val and y_val must be passed together"),
        ({"X_val": None}, "X_val and y_val must be passed together"),
        ({"X_val": np.zeros((100, 3))}, "X_val, y_val: X has 3 features"),
        ({"X_val": np.full((100, 64), np.nan)}, "X_val, y_val: Input X contains NaN"),
        ({"y_val": np.full(100, 77)}, r"X_val, y_val: y contains labels \[77\]"),
        ({"sample_weight_val": np.full(100, -1.0)}, "X_val, y_val: .*[Nn]egative"),
        ({"sample_weight_val": np.ones(3)}, "X_val, y_val: sample_weight.shape"),
    ],
)
def test_what_is_wrong_with_them_is_said_to_be_so(rows, own, tiny, change, message):
    with pytest.raises(ValueError, match=message):
        tiny(epochs=1).fit(*rows, **{**own, **change})


def test_they_and_a_fraction_to_set_aside_exclude_each_other(rows, own, tiny):
    with pytest.raises(ValueError, match=r"validation_fraction=0\.2 sets rows aside where X_val"):
        tiny(epochs=1, validation_fraction=0.2).fit(*rows, **own)


def test_they_are_routed_as_metadata(rows, own, tiny):
    with config_context(enable_metadata_routing=True):
        clf = tiny(epochs=1).set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(MaxAbsScaler(), clf, transform_input=["X_val"])
        fits = cross_validate(
            pipeline, *rows, cv=2, params=own, return_estimator=True, error_score="raise"
        )["estimator"]
        scaled = fits[0][0].transform(own["X_val"])
        assert fits[0][1].history_["val_accuracy"][-1] == pytest.approx(
            fits[0][1].score(scaled, own["y_val"]), abs=1e-6
        )


def test_a_checkpoint_knows_them(rows, own, tiny, tmp_path):
    import keras

    class CutOff(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise RuntimeError

    clf = tiny(epochs=2, checkpoint=tmp_path, callbacks=[CutOff()])
    with pytest.raises(RuntimeError):
        clf.fit(*rows, **own)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.set_params(callbacks=None).fit(*rows, X_val=own["X_val"][:50], y_val=own["y_val"][:50])
    assert len([*tmp_path.iterdir()]) == 1  # that of the other fit
    clf.fit(*rows, **own)
    assert clf.history_ == tiny(epochs=2).fit(*rows, **own).history_
    assert [*tmp_path.iterdir()] == []


def test_rows_of_x_among_them_are_counted(rows, own, tiny):
    X_val, y_val = np.vstack([own["X_val"], rows[0][:3]]), np.r_[own["y_val"], rows[1][:3]]
    with pytest.warns(UserWarning, match=r"^3 samples are both in X and X_val, .*Leave them out"):
        tiny(epochs=1).fit(*rows, X_val=X_val, y_val=y_val)
    not_counted = np.r_[np.ones(100), np.zeros(3)]
    tiny(epochs=1).fit(*rows, X_val=X_val, y_val=y_val, sample_weight_val=not_counted)
