"""Fitted classifiers as files and copies: pickle, joblib, skops, deepcopy, files of old releases.

Pickles name classes by their modules: a private module that moves must leave its names behind.
"""

import copy
import pickle
from pathlib import Path

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skdigits import DigitCNNClassifier, load_model, load_predictor, make_ensemble
from skdigits.datasets import load_optdigits
from skdigits.persistence import SKOPS_TRUSTED_TYPES

RELEASES = sorted(path for path in (Path(__file__).parent / "files").iterdir() if path.is_dir())
NAMES = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])

TRAIN_ON = """
import pickle

import joblib
import numpy as np
import skops.io

from skdigits.datasets import load_optdigits
from skdigits.persistence import SKOPS_TRUSTED_TYPES

frame = load_optdigits(as_frame=True).frame.drop(columns="target")
found = {}
for name in NAMES_OF_FILES:
    if name.endswith(".pickle"):
        with open(name, "rb") as file:
            clf = pickle.load(file)
    elif name.endswith(".joblib"):
        clf = joblib.load(name)
    else:
        clf = skops.io.load(name, trusted=list(SKOPS_TRUSTED_TYPES))
    loaded = clf.predict_proba(frame[:50])
    clf.partial_fit(frame[100:200], clf.classes_[np.arange(100) % 10])
    found[name] = np.stack([loaded, clf.predict_proba(frame[:50])])
np.savez("found.npz", **found)
"""


@pytest.fixture(scope="module")
def frame():
    return load_optdigits(as_frame=True).frame.drop(columns="target")


@pytest.fixture(scope="module")
def fitted(frame):
    y = NAMES[load_optdigits().target[:200]]
    return DigitCNNClassifier.fast(filters=(4, 5), epochs=2, random_state=0).fit(frame[:200], y)


def test_another_process_predicts_and_trains_on_the_same(fitted, frame, tmp_path, run_python):
    joblib.dump(fitted, tmp_path / "plain.joblib")
    joblib.dump(fitted, tmp_path / "compressed.joblib", compress=3)
    skops.io.dump(fitted, tmp_path / "model.skops")
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        (tmp_path / f"{protocol}.pickle").write_bytes(pickle.dumps(fitted, protocol))
    names = sorted(path.name for path in tmp_path.iterdir())
    run_python(TRAIN_ON.replace("NAMES_OF_FILES", repr(names)))
    before = fitted.predict_proba(frame[:50])
    copied = copy.deepcopy(fitted)
    copied.partial_fit(frame[100:200], fitted.classes_[np.arange(100) % 10])
    after = copied.predict_proba(frame[:50])
    assert not np.array_equal(before, after)
    with np.load(tmp_path / "found.npz") as found:
        assert sorted(found) == names
        for name in names:
            np.testing.assert_array_equal(found[name], [before, after], err_msg=name)


def test_all_attributes_come_back(fitted):
    loaded = pickle.loads(pickle.dumps(fitted))
    assert loaded.get_params() == fitted.get_params()
    assert loaded.history_ == fitted.history_
    assert loaded.training_data_ == fitted.training_data_
    assert loaded.temperature_ == fitted.temperature_
    assert loaded.n_iter_ == fitted.n_iter_
    np.testing.assert_array_equal(loaded.classes_, fitted.classes_)
    np.testing.assert_array_equal(loaded.feature_names_in_, fitted.feature_names_in_)


def test_a_deep_copy_trains_for_itself(fitted, frame):
    before = fitted.predict_proba(frame[:50])
    copy.deepcopy(fitted).partial_fit(frame[:100], fitted.predict(frame[:100]))
    np.testing.assert_array_equal(fitted.predict_proba(frame[:50]), before)
    assert fitted.n_iter_ == 2


def test_the_keras_network_does_not_travel(fitted):
    copied = copy.deepcopy(fitted)
    size = len(pickle.dumps(copied))
    weights = copied.model_.get_weights()
    assert len(pickle.dumps(copied)) == size
    for loaded, kept in zip(
        pickle.loads(pickle.dumps(copied)).model_.get_weights(), weights, strict=True
    ):
        np.testing.assert_array_equal(loaded, kept)


def test_callbacks_that_cannot_be_pickled_say_so_and_can_be_left_behind(fitted):
    copied = copy.deepcopy(fitted)
    copied.callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)]
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(copied)
    pickle.dumps(copied.set_params(callbacks=None))


@pytest.mark.parametrize("kind", ["pipeline", "search", "ensemble"])
def test_what_holds_a_classifier_pickles(kind, digits, tiny):
    X, y = digits[0][:200], digits[1][:200]
    clf = tiny(epochs=1)
    whole = {
        "pipeline": make_pipeline(MinMaxScaler((0, 16)), clf),
        "search": GridSearchCV(clf, {"epochs": [1, 2]}, cv=2),
        "ensemble": make_ensemble(2, random_state=0, filters=(4,), epochs=1),
    }[kind].fit(X, y)
    loaded = pickle.loads(pickle.dumps(whole))
    np.testing.assert_array_equal(loaded.predict_proba(X), whole.predict_proba(X))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"early_stopping": True, "temperature": "validation"},
        {"class_weight": {"zero": 2}, "random_state": np.random.RandomState(0)},
        {"dense_units": [5], "image_shape": [8, 8, 1], "warm_start": True},
    ],
)
def test_skops_has_to_trust_just_these_types(parameters, frame, tmp_path):
    y = NAMES[load_optdigits().target[:200]]
    small = {"filters": (4,), "epochs": 1, "random_state": 0}
    fitted = DigitCNNClassifier(**{**small, **parameters}).fit(frame[:200], y)
    skops.io.dump(fitted, tmp_path / "model.skops")
    untrusted = skops.io.get_untrusted_types(file=tmp_path / "model.skops")
    assert untrusted == sorted(SKOPS_TRUSTED_TYPES)


def test_there_are_files_of_a_release():
    assert [release.name for release in RELEASES]


@pytest.mark.parametrize("name", ["numbers", "names"])
@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
class TestFilesOfReleases:
    def check(self, classifier, release, name, frame):
        rows = frame[:50] if name == "names" else frame[:50].to_numpy()
        with np.load(release / "expected.npz") as expected:
            # NumPy's BLAS rounds as the processor has it.
            np.testing.assert_allclose(
                classifier.predict_proba(rows), expected[name], rtol=0, atol=1e-12
            )

    def test_model_file(self, release, name, frame):
        path = release / f"{name}.skdigits"
        self.check(load_predictor(path), release, name, frame)
        classifier = load_model(path)
        self.check(classifier, release, name, frame)
        rows = pd.DataFrame(frame[:20]) if name == "names" else frame[:20].to_numpy()
        assert classifier.partial_fit(rows, classifier.classes_[np.arange(20) % 10]).n_iter_ == 3

    # Files of other versions of scikit-learn load with this warning.
    @pytest.mark.filterwarnings(
        f"ignore::{InconsistentVersionWarning.__module__}.{InconsistentVersionWarning.__name__}"
    )
    @pytest.mark.parametrize("kind", ["pickle", "joblib", "skops"])
    def test_pickles_and_skops(self, release, name, kind, frame):
        path = release / f"{name}.{kind}"
        if kind == "pickle":
            classifier = pickle.loads(path.read_bytes())
        elif kind == "joblib":
            classifier = joblib.load(path)
        else:
            classifier = skops.io.load(path, trusted=list(SKOPS_TRUSTED_TYPES))
        self.check(classifier, release, name, frame)
