"""Fitted classifiers as files and copies: pickle, joblib, skops, deepcopy, files of old releases.

Pickles name classes by their modules: a private module that moves must leave its names behind.
"""

import copy
import inspect
import json
import pickle
from pathlib import Path

import joblib
import keras
import numpy as np
import pytest
import skops.io
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skdigits import DigitCNNClassifier, load_model, load_predictor, save_model
from skdigits.datasets import load_optdigits
from skdigits.persistence import SKOPS_TRUSTED_TYPES

RELEASES = sorted(path for path in (Path(__file__).parents[1] / "files").iterdir() if path.is_dir())
NAMES = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])


def behaviour(model, frame):
    """Return what a model predicts and remembers, and what one more epoch makes of its network."""
    rows = frame if hasattr(model, "feature_names_in_") else frame.to_numpy()
    clf = getattr(model, "best_estimator_", model)
    clf = clf[-1] if hasattr(clf, "steps") else clf
    found = {
        "classes": model.classes_,
        "probabilities": model.predict_proba(rows[:50]),
        "history": json.dumps(clf.history_, sort_keys=True),
        "temperature": clf.temperature_,
    }
    clf.partial_fit(rows[100:200], clf.classes_[np.arange(100) % len(clf.classes_)])
    found["probabilities after training"] = model.predict_proba(rows[:50])
    weights = clf.model_.get_weights()
    return found | {f"weight {i}": weight for i, weight in enumerate(weights)}


LOAD = """
import json
import pickle
from pathlib import Path

import joblib
import numpy as np
import skops.io

from skdigits.datasets import load_optdigits
from skdigits.persistence import SKOPS_TRUSTED_TYPES, load_model

frame = load_optdigits(as_frame=True).frame.drop(columns="target")
for path in sorted(Path("files").iterdir()):
    if path.suffix == ".pickle":
        model = pickle.loads(path.read_bytes())
    elif path.suffix == ".joblib":
        model = joblib.load(path)
    elif path.suffix == ".skdigits":
        model = load_model(path)
    elif path.name == "search.skops":  # scikit-learn's own types as well
        model = skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    else:
        model = skops.io.load(path, trusted=list(SKOPS_TRUSTED_TYPES))
    np.savez(f"{path.name}.npz", **behaviour(model, frame))
"""


@pytest.fixture(scope="module")
def frame():
    return load_optdigits(as_frame=True).frame.drop(columns="target")


@pytest.fixture(scope="module")
def y():
    return load_optdigits().target[:200]


@pytest.fixture(scope="module")
def fitted(frame, y):
    return DigitCNNClassifier.fast(filters=(4, 5), epochs=2, random_state=0).fit(
        frame[:200], NAMES[y]
    )


@pytest.fixture
def models(frame, y):
    X = frame[:200].to_numpy()
    small = {"filters": (4, 5), "epochs": 2}
    clf = DigitCNNClassifier.fast(random_state=0, **small)
    used = DigitCNNClassifier.fast(
        early_stopping=True, temperature="validation", random_state=0, **small
    ).fit(X, y)
    assert used.temperature_ != clf.temperature
    used.model_.predict(X[:2].reshape(-1, 8, 8, 1), verbose=0)
    return {
        "names": clone(clf).fit(frame[:200], NAMES[y]),
        "used": used,
        "search": GridSearchCV(
            make_pipeline(MinMaxScaler((0, 16)), clf), {"digitcnnclassifier__epochs": [1, 2]}, cv=2
        ).fit(X, y),
    }


def test_copies_and_another_process_predict_and_train_on_the_same(
    models, frame, tmp_path, run_python
):
    folder = tmp_path / "files"
    folder.mkdir()
    for name, model in models.items():
        joblib.dump(model, folder / f"{name}.joblib")
        skops.io.dump(model, folder / f"{name}.skops")
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(model, pickle.HIGHEST_PROTOCOL))
    save_model(models["names"], folder / "names.skdigits", optimizer=True)
    found = {name: behaviour(copy.deepcopy(model), frame) for name, model in models.items()}
    run_python(inspect.getsource(behaviour) + LOAD)
    for path in folder.iterdir():
        with np.load(tmp_path / f"{path.name}.npz") as arrays:
            found[path.name] = dict(arrays)
    # The originals come last, for this trains them.
    expected = {name: behaviour(model, frame) for name, model in models.items()}
    for name, values in found.items():
        wanted = expected[name.split(".")[0]]
        assert not np.array_equal(wanted["probabilities"], wanted["probabilities after training"])
        assert sorted(values) == sorted(wanted)
        for what, value in wanted.items():
            np.testing.assert_array_equal(values[what], value, err_msg=f"{name}: {what}")


def test_the_keras_network_does_not_travel(fitted):
    copied = copy.deepcopy(fitted)
    size = len(pickle.dumps(copied))
    weights = copied.model_.get_weights()
    assert len(pickle.dumps(copied)) == size
    for loaded, kept in zip(
        pickle.loads(pickle.dumps(copied)).model_.get_weights(), weights, strict=True
    ):
        np.testing.assert_array_equal(loaded, kept)


@pytest.mark.parametrize(
    ("make", "parameters"),
    [
        (DigitCNNClassifier.reference, {"dense_units": (5, 6)}),
        (
            DigitCNNClassifier,
            {
                "class_weight": {"zero": 2},
                "random_state": np.random.RandomState(0),
                "early_stopping": True,
                "temperature": "validation",
                "image_shape": [8, 8, 1],
                "optimizer": "sgd",
                "augment": {"rotation": 5.0},
                "activation": "gelu",
            },
        ),
    ],
)
def test_skops_has_to_trust_just_these_types(make, parameters, frame, y, tmp_path):
    path = tmp_path / "model.skops"
    small = {"filters": (4,), "epochs": 1, "random_state": 0}
    fitted = make(**{**small, **parameters}).fit(frame[:200], NAMES[y])
    skops.io.dump(fitted, path)
    assert skops.io.get_untrusted_types(file=path) == sorted(SKOPS_TRUSTED_TYPES)
    loaded = skops.io.load(path, trusted=list(SKOPS_TRUSTED_TYPES))
    np.testing.assert_array_equal(
        loaded.predict_proba(frame[:50]), fitted.predict_proba(frame[:50])
    )
    assert loaded.history_ == fitted.history_
    assert loaded.training_data_ == fitted.training_data_


def test_skops_asks_for_the_types_of_the_callers_objects_too(fitted, frame, tmp_path):
    copied = copy.deepcopy(fitted)
    copied.set_params(checkpoint=tmp_path, callbacks=[keras.callbacks.TerminateOnNaN()])
    skops.io.dump(copied, tmp_path / "model.skops")
    types = skops.io.get_untrusted_types(file=tmp_path / "model.skops")
    others = [name.rpartition(".")[2] for name in types if name not in SKOPS_TRUSTED_TYPES]
    assert sorted(others) == sorted([type(tmp_path).__name__, "TerminateOnNaN"])
    assert len(types) == len(SKOPS_TRUSTED_TYPES) + 2
    loaded = skops.io.load(tmp_path / "model.skops", trusted=types)
    assert loaded.checkpoint == tmp_path
    np.testing.assert_array_equal(
        loaded.predict_proba(frame[:50]), fitted.predict_proba(frame[:50])
    )


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
class TestFilesOfReleases:
    def check(self, classifier, release, name, frame):
        rows = frame[:50] if name == "names" else frame[:50].to_numpy()
        with np.load(release / "expected.npz") as expected:
            # NumPy's BLAS rounds as the processor has it.
            np.testing.assert_allclose(
                classifier.predict_proba(rows), expected[name], rtol=0, atol=1e-12
            )
        labels = sorted(NAMES) if name == "names" else list(range(10))
        assert classifier.classes_.tolist() == labels

    def check_training_goes_on(self, classifier, name, frame):
        assert classifier.n_iter_ == 2
        rows = frame[:20] if name == "names" else frame[:20].to_numpy()
        before = classifier.predict_proba(rows)
        assert classifier.partial_fit(rows, classifier.classes_[np.arange(20) % 10]).n_iter_ == 3
        assert not np.array_equal(classifier.predict_proba(rows), before)

    @pytest.mark.parametrize("name", ["numbers", "names"])
    def test_model_file(self, release, name, frame):
        path = release / f"{name}.skdigits"
        self.check(load_predictor(path), release, name, frame)
        classifier = load_model(path)
        self.check(classifier, release, name, frame)
        self.check_training_goes_on(classifier, name, frame)

    # Files of other versions of scikit-learn load with this warning.
    @pytest.mark.filterwarnings(
        f"ignore::{InconsistentVersionWarning.__module__}.{InconsistentVersionWarning.__name__}"
    )
    def test_pickles_and_skops(self, release, frame):
        path = release / "names.pickle"
        loaded = [
            pickle.loads(path.read_bytes()),
            joblib.load(path.with_suffix(".joblib")),
            skops.io.load(path.with_suffix(".skops"), trusted=list(SKOPS_TRUSTED_TYPES)),
        ]
        for classifier in loaded:
            self.check(classifier, release, "names", frame)
        self.check_training_goes_on(loaded[0], "names", frame)
