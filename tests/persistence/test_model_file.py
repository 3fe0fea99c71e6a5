import copy
import datetime
import hashlib
import itertools
import json
import os
import pickle
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import skdigits
from skdigits import DigitCNNClassifier, load_model, load_predictor, save_model
from skdigits._container import by_number, dump, in_order, parse
from skdigits.exceptions import ModelFileError
from skdigits.persistence import read_metadata

NAMES = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])


@pytest.fixture(scope="module")
def saved(small_classifier, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "digits.skdigits"
    save_model(small_classifier, path, scores={"accuracy": 0.5})
    return path


@pytest.fixture
def path(saved, tmp_path):
    """A copy of a saved model, to be spoilt."""
    return shutil.copy(saved, tmp_path / "digits.skdigits")


def fitted_kinds(X, y):
    """Return classifiers that differ in all that a file must hold."""
    small = {"filters": (3,), "epochs": 2, "random_state": 0}
    columns = pd.DataFrame(X[:, :20]).add_prefix("pixel ")
    return {
        "strings": DigitCNNClassifier(**small).fit(X, NAMES[y]),
        "strings as objects": DigitCNNClassifier(**small).fit(X, NAMES[y].astype(object)),
        "booleans": DigitCNNClassifier(**small).fit(X, y > 4),
        "floats": DigitCNNClassifier(**small).fit(X, y.astype(np.float32)),
        "small integers": DigitCNNClassifier(**small).fit(X, y.astype(np.uint8)),
        "feature names": DigitCNNClassifier(image_shape=(4, 5), **small).fit(columns, y),
        "one channel more": DigitCNNClassifier(image_shape=[4, 8, 2], **small).fit(X, y),
        "no convolutions": DigitCNNClassifier(
            filters=(), dense_units=[5], global_pooling=None, rescale=None, random_state=0, epochs=1
        ).fit(X, y),
        "study": DigitCNNClassifier.reference(
            filters=(2, 3), dense_units=(4, 5), epochs=2, random_state=0
        ).fit(X, y),
        "found temperature": DigitCNNClassifier(
            temperature="validation", early_stopping=True, **small
        ).fit(X, y),
        "class weights": DigitCNNClassifier(
            class_weight={0: 2, **dict.fromkeys(range(1, 10), 0.5)},
            augment={"shift": 0.25},
            **{**small, "random_state": np.int64(3)},
        ).fit(X, y),
        "partial fit only": DigitCNNClassifier(**small).partial_fit(
            X[:3], y[:3], classes=range(10)
        ),
        "parameters changed since": DigitCNNClassifier(**small)
        .fit(X, y)
        .set_params(filters=(9, 9), kernel_size=5, image_shape=(1, 7), temperature=0.1, epochs=99),
    }


@pytest.fixture(scope="module")
def kinds(digits):
    X, y = digits
    return fitted_kinds(X[:120], y[:120])


KINDS = [
    "strings",
    "strings as objects",
    "booleans",
    "floats",
    "small integers",
    "feature names",
    "one channel more",
    "no convolutions",
    "study",
    "found temperature",
    "class weights",
    "partial fit only",
    "parameters changed since",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("optimizer", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_everything_comes_back(kind, optimizer, kinds, digits, tmp_path):
    classifier = kinds[kind]
    path = tmp_path / "digits.skdigits"
    save_model(classifier, path, optimizer=optimizer)
    loaded, predictor = load_model(path), load_predictor(path)
    X = digits[0][:, : classifier.n_features_in_]
    if kind == "feature names":
        X = pd.DataFrame(X).add_prefix("pixel ")
        assert loaded.feature_names_in_.tolist() == classifier.feature_names_in_.tolist()
        assert loaded.feature_names_in_.dtype == classifier.feature_names_in_.dtype
    np.testing.assert_array_equal(loaded.predict_proba(X), classifier.predict_proba(X))
    np.testing.assert_array_equal(predictor.predict_proba(X), classifier.predict_proba(X))
    for model in (loaded, predictor):
        assert model.classes_.dtype == classifier.classes_.dtype
        np.testing.assert_array_equal(model.classes_, classifier.classes_)
        np.testing.assert_array_equal(model.predict(X), classifier.predict(X))
    assert loaded.get_params() == classifier.get_params()
    assert type(loaded.filters) is type(classifier.filters)
    for name in ("history_", "n_iter_", "temperature_", "training_data_", "n_features_in_"):
        assert getattr(loaded, name) == getattr(classifier, name), name
    for name in ("best_iter_",):  # there after early stopping
        assert getattr(loaded, name, None) == getattr(classifier, name, None), name
    maps = classifier.feature_maps(X)
    assert loaded.feature_maps(X).keys() == maps.keys()
    for name, values in loaded.feature_maps(X).items():
        np.testing.assert_array_equal(values, maps[name])
    for ours, theirs in zip(
        loaded.model_.get_weights(), classifier.model_.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert loaded.model_.get_config() == classifier.model_.get_config()
    assert loaded.__dict__.keys() == classifier.__dict__.keys()
    networks = (loaded.pipeline_["network"], classifier.pipeline_["network"])
    assert networks[0].__dict__.keys() == networks[1].__dict__.keys()
    assert repr(networks[0].get_params()) == repr(networks[1].get_params())
    assert repr(loaded.pipeline_["reshape"]) == repr(classifier.pipeline_["reshape"])


PREDICT = """
import hashlib
from skdigits import load_predictor
from skdigits.datasets import load_optdigits
X, _ = load_optdigits(subset="test", return_X_y=True)
print(hashlib.sha256(load_predictor({path!r}).predict_proba(X).tobytes()).hexdigest())
"""


def test_probabilities_are_the_same_bit_for_bit_in_a_fresh_process(
    small_classifier, saved, run_python
):
    from skdigits.datasets import load_optdigits

    X, _ = load_optdigits(subset="test", return_X_y=True)
    assert len(X) == 1797
    expected = hashlib.sha256(small_classifier.predict_proba(X).tobytes()).hexdigest()
    assert run_python(PREDICT.format(path=str(saved))).split()[-1] == expected


def weights(classifier):
    state = classifier.pipeline_["network"].state_
    return [*state.weights, *state.optimizer]


def same(a, b):
    return all(np.array_equal(v, w) for v, w in zip(weights(a), weights(b), strict=True))


@pytest.mark.parametrize(
    "optimizer",
    [
        "adamw",
        "sgd",
        *(
            pytest.param(x, marks=pytest.mark.slow)
            for x in ("adagrad", "adamax", "nadam", "rmsprop")
        ),
    ],
)
def test_training_goes_on_as_if_it_had_never_been_saved(optimizer, digits, tmp_path):
    X, y = (values[:200] for values in digits)
    classifier = DigitCNNClassifier(
        filters=(3,), epochs=2, optimizer=optimizer, learning_rate=0.003, random_state=0
    ).fit(X, y)
    save_model(classifier, tmp_path / "digits.skdigits", optimizer=True)
    for train in (
        lambda model: model.partial_fit(X, y),
        lambda model: model.set_params(warm_start=True).fit(X, y),
    ):
        loaded = load_model(tmp_path / "digits.skdigits")
        kept = copy.deepcopy(classifier)
        assert same(train(loaded), train(kept))
        assert loaded.history_ == kept.history_
        assert loaded.n_iter_ == kept.n_iter_ > 2


GO_ON = """
import hashlib
from skdigits import load_model
from skdigits.datasets import load_optdigits
X, y = load_optdigits(return_X_y=True)
loaded = load_model({path!r})
print(hashlib.sha256(loaded.predict_proba(X).tobytes()).hexdigest())
loaded.partial_fit(X[300:500], y[300:500])
loaded.set_params(warm_start=True, epochs=2).fit(X[:300], y[:300])
print(hashlib.sha256(loaded.predict_proba(X).tobytes()).hexdigest())
"""


def test_a_fresh_process_predicts_bit_for_bit_and_goes_on_training(
    small_classifier, digits, tmp_path, run_python
):
    from skdigits.datasets import load_optdigits

    save_model(small_classifier, tmp_path / "digits.skdigits", optimizer=True)
    X, y = load_optdigits(return_X_y=True)
    kept = copy.deepcopy(small_classifier)
    expected = [hashlib.sha256(kept.predict_proba(X).tobytes()).hexdigest()]
    kept.partial_fit(X[300:500], y[300:500])
    kept.set_params(warm_start=True, epochs=2).fit(X[:300], y[:300])
    expected.append(hashlib.sha256(kept.predict_proba(X).tobytes()).hexdigest())
    printed = run_python(GO_ON.format(path=str(tmp_path / "digits.skdigits")))
    assert printed.split()[-2:] == expected


def test_without_the_optimizers_variables_it_begins_anew(small_classifier, saved, digits):
    X, y = digits
    loaded = load_model(saved)
    fresh = copy.deepcopy(small_classifier)
    network = fresh.pipeline_["network"]
    network.state_ = network.state_._replace(
        optimizer=[
            0 * values if values.ndim or values.dtype == np.int64 else values
            for values in network.state_.optimizer
        ]
    )
    assert same(loaded.partial_fit(X, y), fresh.partial_fit(X, y))
    assert not same(loaded, copy.deepcopy(small_classifier).partial_fit(X, y))
    assert loaded.n_iter_ == 4


def test_the_keras_network_of_a_loaded_model_can_be_trained_by_hand(saved, digits):
    X, y = digits
    before = load_model(saved).model_
    after = load_model(saved).model_
    assert int(after.optimizer.iterations) == 0
    after.fit(X.reshape(-1, 8, 8, 1), y, verbose=0)
    assert not np.array_equal(before.get_weights()[0], after.get_weights()[0])


def undated(path):
    document, arrays = parse(path.read_bytes())
    return dump({**document, "created": None}, arrays)


@pytest.mark.parametrize("optimizer", [False, True])
def test_a_loaded_model_saved_again_is_the_same_file(optimizer, kinds, tmp_path):
    for classifier in kinds.values():
        first, second = tmp_path / "first", tmp_path / "second"
        save_model(classifier, first, optimizer=optimizer, scores=[1, {"a": None}])
        save_model(
            load_model(first), second, optimizer=optimizer, scores=read_metadata(first)["scores"]
        )
        assert undated(first) == undated(second)


@pytest.mark.parametrize(
    "through", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy, copy.copy]
)
def test_a_loaded_model_pickles_and_copies(through, saved, digits):
    loaded = load_model(saved)
    again = through(loaded)
    np.testing.assert_array_equal(again.predict_proba(digits[0]), loaded.predict_proba(digits[0]))
    again.partial_fit(*digits)


def test_a_loaded_model_can_be_cloned_and_fitted_anew(saved, small_classifier, digits):
    X, y = digits
    anew = clone(load_model(saved))
    with pytest.raises(NotFittedError):
        anew.predict(X)
    assert same(anew.fit(X[:300], y[:300]), small_classifier)


def test_saving_and_loading_change_nothing(small_classifier, saved, tmp_path):
    before = pickle.dumps(small_classifier)
    random, content = np.random.get_state()[1].copy(), saved.read_bytes()
    save_model(small_classifier, tmp_path / "digits.skdigits", optimizer=True)
    load_model(tmp_path / "digits.skdigits")
    load_predictor(saved)
    assert pickle.dumps(small_classifier) == before
    np.testing.assert_array_equal(np.random.get_state()[1], random)
    assert saved.read_bytes() == content


def test_paths_may_be_strings_and_what_is_there_is_replaced(saved, small_classifier, tmp_path):
    path = tmp_path / "digits.skdigits"
    path.write_bytes(b"something else")
    save_model(small_classifier, str(path))
    assert load_model(str(path)).n_iter_ == load_predictor(os.fspath(path)).metadata["n_iter"] == 3
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
def test_a_default_model_is_less_than_a_megabyte(digits, tmp_path):
    X, y = digits
    path = tmp_path / "digits.skdigits"
    save_model(DigitCNNClassifier(epochs=1, random_state=0).fit(X[:64], y[:64]), path)
    assert path.stat().st_size < 1_000_000


# ---- What cannot be saved


def test_what_is_not_fitted_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        save_model(DigitCNNClassifier(), tmp_path / "digits.skdigits")
    assert not list(tmp_path.iterdir())


def test_only_the_classifier_itself_is_saved(tmp_path, small_classifier):
    class Mine(DigitCNNClassifier):
        pass

    others = [Mine(), RandomForestClassifier(), make_pipeline(FunctionTransformer(), Mine()), None]
    for other in others:
        with pytest.raises(TypeError, match=f"got {type(other).__name__}.*best_estimator_.*skops"):
            save_model(other, tmp_path / "digits.skdigits")


@pytest.mark.parametrize("target", ["", "missing/digits.skdigits"])
def test_where_no_file_can_be_written_is_an_os_error(target, tmp_path, small_classifier):
    with pytest.raises(OSError, match=target.partition("/")[0] or "directory"):
        save_model(small_classifier, tmp_path / target)
    assert not list(tmp_path.iterdir())


def test_weights_that_are_not_finite_are_not_saved_and_the_old_file_stays(
    path, small_classifier, digits
):
    before = path.read_bytes()
    diverged = copy.deepcopy(small_classifier)
    diverged.pipeline_["network"].state_.weights[0][0] = np.nan
    with pytest.raises(ValueError, match=r"cannot be saved.*'conv_1/kernel'.*not finite"):
        save_model(diverged, path)
    diverged = copy.deepcopy(small_classifier)
    diverged.pipeline_["network"].history_["loss"][0] = np.inf
    with pytest.raises(ValueError, match="cannot be saved"):
        save_model(diverged, path)
    assert path.read_bytes() == before


def test_epochs_without_validation_stay_not_a_number(tmp_path, digits, tiny):
    X, y = digits
    clf = tiny(filters=(2,), epochs=1).fit(X[:100], y[:100])
    clf.set_params(validation_fraction=0.2, warm_start=True).fit(X[:100], y[:100])
    save_model(clf, tmp_path / "digits.skdigits")
    loaded = load_model(tmp_path / "digits.skdigits")
    np.testing.assert_equal(loaded.history_, clf.history_)
    assert np.isnan(loaded.history_["val_loss"][0])
    history = read_metadata(tmp_path / "digits.skdigits")["history"]
    assert history["val_loss"] == [None, clf.history_["val_loss"][1]]
    loaded.fit(X[:100], y[:100])
    assert [*map(np.isnan, loaded.history_["val_accuracy"])] == [True, False, False]


def test_labels_that_no_file_holds_are_refused(tmp_path, digits):
    X, y = digits
    classifier = DigitCNNClassifier(filters=(2,), epochs=1).fit(X[:60], y[:60].astype("g"))
    with pytest.raises(ValueError, match="cannot be saved: labels of dtype float"):
        save_model(classifier, tmp_path / "digits.skdigits")


class Nothing:
    def set_model(self, model):
        pass


def test_what_is_of_this_process_is_not_kept_and_that_is_said(small_classifier, path, digits):
    classifier = copy.deepcopy(small_classifier)
    classifier.set_params(
        callbacks=[Nothing()], checkpoint="folder", random_state=np.random.RandomState(0)
    )
    with pytest.warns(UserWarning, match="callbacks and random_state cannot be kept") as caught:
        save_model(classifier, path)
    assert caught[0].filename == __file__
    loaded = load_model(path)
    assert loaded.callbacks is loaded.checkpoint is loaded.random_state is None
    np.testing.assert_array_equal(
        loaded.predict_proba(digits[0]), classifier.predict_proba(digits[0])
    )
    classifier.set_params(callbacks=[], random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_model(classifier, path)


def test_scores_travel_with_the_model(small_classifier, path):
    scores = {
        "accuracy": np.float64(0.25),
        "folds": [np.float32(0.5), 1],
        "interval": (0.1, 0.2),
        "split": {"rows": np.int64(3), "writers": "other", "mixed": np.bool_(False), "more": None},
    }
    save_model(small_classifier, path, scores=scores)
    kept = read_metadata(path)["scores"]
    assert kept == {
        "accuracy": 0.25,
        "folds": [0.5, 1],
        "interval": [0.1, 0.2],
        "split": {"rows": 3, "writers": "other", "mixed": False, "more": None},
    }
    assert load_predictor(path).metadata["scores"] == kept


@pytest.mark.parametrize(
    ("scores", "error", "message"),
    [
        ({1: 2}, TypeError, "scores must be made of dicts with strings for keys"),
        ({"a": {1, 2}}, TypeError, "of type set"),
        (np.arange(3), TypeError, "of type ndarray"),
        (object(), TypeError, "of type object"),
        ([float("nan")], ValueError, "cannot be saved"),
        ({"a": np.inf}, ValueError, "cannot be saved"),
        (10**40, ValueError, "cannot be saved.*41 digits"),
        (["\ud83d\ude00"], ValueError, "cannot be saved: JSON would give other values back"),
    ],
)
def test_other_scores_are_refused(scores, error, message, small_classifier, tmp_path):
    with pytest.raises(error, match=message):
        save_model(small_classifier, tmp_path / "digits.skdigits", scores=scores)
    assert not list(tmp_path.iterdir())


# ---- What a file says


def test_metadata_say_what_a_model_card_needs(saved, small_classifier):
    metadata = read_metadata(saved)
    assert metadata["format"] == "skdigits model"
    assert metadata["format_version"] == 1
    assert metadata["estimator"] == "DigitCNNClassifier"
    created = datetime.datetime.fromisoformat(metadata["created"])
    assert datetime.timedelta() <= datetime.datetime.now(datetime.UTC) - created
    assert metadata["parameters"] == small_classifier.get_params()
    assert metadata["trained_with"]["filters"] == (4, 6)
    assert metadata["trained_with"]["batch_size"] == 8
    assert metadata["classes"] == list(range(10))
    assert metadata["preprocessing"] == {
        "image_shape": [8, 8, 1],
        "n_features_in": 64,
        "feature_names_in": None,
        "rescale": 0.0625,
    }
    assert metadata["temperature"] == 0.45
    assert metadata["n_iter"] == 3
    assert metadata["history"] == small_classifier.history_
    assert metadata["training_data"] == small_classifier.training_data_
    assert metadata["scores"] == {"accuracy": 0.5}
    assert metadata["versions"]["skdigits"] == skdigits.__version__
    assert metadata["versions"]["numpy"] == np.__version__
    assert set(metadata["versions"]) == {
        "skdigits",
        "python",
        "numpy",
        "scikit-learn",
        "tensorflow",
        "keras",
        "scikeras",
    }
    assert "digest" not in metadata
    assert "sha256" not in metadata


def test_training_data_are_those_of_the_last_call(digits, small_classifier):
    X, y = digits
    data = small_classifier.training_data_
    assert data["n_samples"] == 300
    assert data["n_features"] == 64
    assert data["class_counts"] == dict(enumerate(np.bincount(y[:300]).tolist()))
    assert 0 < data["seconds"] < 600
    assert data["cpu_seconds"] > 0
    later = copy.deepcopy(small_classifier).partial_fit(X[:20], y[:20]).training_data_
    assert later["n_samples"] == 20
    assert later["sha256"] != data["sha256"]
    content = X[:300].astype("<f4").tobytes() + y[:300].astype("<i8").tobytes()
    content += np.ones(300, "<f8").tobytes()
    assert data["sha256"] == hashlib.sha256(content).hexdigest()


# ---- What is not loaded


def refused(path, problem, loads=(load_model, load_predictor, read_metadata)):
    for load in loads:
        with pytest.raises(ModelFileError, match=problem) as refusal:
            load(path)
        assert str(path) in str(refusal.value)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    for load in (load_model, load_predictor, read_metadata):
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "digits.skdigits")


def test_a_pickle_is_refused_unpickled(small_classifier, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    path = tmp_path / "digits.skdigits"
    path.write_bytes(pickle.dumps(Trap()))
    refused(path, "does not begin as a safetensors file does")
    assert not (tmp_path / "sprung").exists()


def test_large_files_are_refused_unless_asked_for(path):
    for load in (load_model, load_predictor, read_metadata):
        with pytest.raises(ModelFileError, match="more than 1000 bytes"):
            load(path, max_bytes=1000)
        load(path, max_bytes=path.stat().st_size)


@pytest.mark.parametrize("place", [0, 7, 8, 100, 3000, -5000, -1])
def test_an_altered_byte_is_noticed(place, path):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    refused(path, "does not begin as|is damaged")


def test_truncated_files_are_refused(path):
    content = path.read_bytes()
    for length in (0, 7, 8, 5000, len(content) - 4000, len(content) - 1):
        path.write_bytes(content[:length])
        refused(path, "does not begin as|is damaged")


def test_the_weights_of_another_model_are_noticed(path, kinds, tmp_path):
    save_model(kinds["strings"], tmp_path / "other")
    ours, theirs = (file.read_bytes() for file in (path, tmp_path / "other"))
    lengths = [8 + int.from_bytes(content[:8], "little") for content in (ours, theirs)]
    path.write_bytes(ours[: lengths[0]] + theirs[lengths[1] :])
    refused(path, "is damaged")


def test_a_file_of_safetensors_by_somebody_else_is_refused(path):
    safetensors.numpy.save_file({"a": np.zeros(2, np.float32)}, path)
    refused(path, "skdigits has not written it")


def test_a_checkpoint_is_no_model(path):
    path.write_bytes(dump({"format": "skdigits checkpoint"}, {}))
    refused(path, "is no model of skdigits'")


def test_it_opens_as_safetensors(path, small_classifier):
    network = small_classifier.pipeline_["network"]
    save_model(small_classifier, path, optimizer=True)
    with safetensors.safe_open(path, framework="np") as opened:
        document = json.loads(opened.metadata()["skdigits"])
    arrays = safetensors.numpy.load_file(path)
    assert document["format_version"] == 1
    assert document["layers"] == network.layers_
    np.testing.assert_array_equal(arrays["conv_1/kernel"], network.state_.weights[0])
    np.testing.assert_array_equal(arrays["optimizer/0000"], network.state_.optimizer[0])


def test_a_newer_format_says_which_skdigits_to_get(path, alter_model_file):
    def change(document, arrays):
        document["format_version"] = 2
        document["versions"]["skdigits"] = "7.3"
        document["something"] = "new"

    alter_model_file(path, change)
    refused(path, "is of format version 2, which skdigits 7.3 has written.*Update skdigits.")


def test_whoever_knows_the_format_can_change_a_model(path, alter_model_file):
    alter_model_file(path, lambda document, arrays: document.update(temperature=1.0))
    assert load_model(path).temperature_ == 1


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("format", "another", "no model of skdigits'"),
        ("format_version", 0, "no model of skdigits'"),
        ("format_version", True, "no model of skdigits'"),
        ("format_version", 1.0, "no model of skdigits'"),
        ("format_version", None, "no model of skdigits'"),
        ("more", 1, "not just what belongs there"),
        ("estimator", "RandomForestClassifier", "impossible 'estimator'"),
        ("created", "yesterday", "impossible 'created'"),
        ("created", "2026-01-01T00:00:00", "impossible 'created'"),
        ("seed", -1, "impossible 'seed'"),
        ("seed", 2**31, "impossible 'seed'"),
        ("seed", "0", "impossible 'seed'"),
        ("n_iter", 0, "impossible 'n_iter'"),
        ("n_iter", 4, "history is none of 4 epochs"),
        ("best_iter", 0, "impossible 'best_iter'"),
        ("best_iter", 2, "best epoch is none that has been validated"),
        ("temperature", 0.0, "impossible 'temperature'"),
        ("temperature", -1.0, "impossible 'temperature'"),
        ("temperature", 1e-300, "impossible 'temperature'"),
        ("temperature", True, "impossible 'temperature'"),
        ("temperature", None, "impossible 'temperature'"),
        ("versions", ["1.0"], "impossible 'versions'"),
        ("parameters", [], "impossible 'parameters'"),
        ("classes", {"dtype": "<i8", "values": list(range(9))}, "classes"),
        ("classes", {"dtype": "<i8", "values": list(range(11))}, "classes"),
        ("classes", {"dtype": "object", "values": [[]] * 10}, "labels"),
        ("classes", None, "impossible 'classes'"),
        ("preprocessing", {}, "impossible 'preprocessing'"),
        ("training_data", {}, "impossible 'training_data'"),
        ("training_data", None, "impossible 'training_data'"),
    ],
)
def test_impossible_metadata_are_named(field, value, problem, path, alter_model_file):
    alter_model_file(path, lambda document, arrays: document.update({field: value}))
    refused(path, problem)


@pytest.mark.parametrize(
    ("field", "key", "value"),
    [
        ("preprocessing", "image_shape", [8, 8]),
        ("preprocessing", "image_shape", [8, 8, -1]),
        ("preprocessing", "image_shape", [4, 8, 1]),
        ("preprocessing", "image_shape", [2**31, 2**31, 2**31]),
        ("preprocessing", "n_features_in", 65),
        ("preprocessing", "feature_names_in", ["a"]),
        ("preprocessing", "feature_names_in", [1] * 64),
        ("preprocessing", "rescale", 0.5),
        ("training_data", "n_samples", 299),
        ("training_data", "n_features", 63),
        ("training_data", "class_counts", {"dict": [[0, 300]]}),
        ("training_data", "class_counts", {"tuple": []}),
        ("training_data", "sha256", "0"),
        ("training_data", "seconds", -1.0),
        ("training_data", "cpu_seconds", None),
    ],
)
def test_impossible_details_are_refused(field, key, value, path, alter_model_file):
    alter_model_file(path, lambda document, arrays: document[field].update({key: value}))
    refused(path, "no sound model file")


@pytest.mark.parametrize(
    ("field", "name", "value", "problem"),
    [
        ("parameters", "epochs", 0, "'epochs' parameter"),
        ("parameters", "activation", "exec", "'activation' parameter"),
        ("parameters", "optimizer", "os.system", "'optimizer' parameter"),
        ("parameters", "random_state", {"dict": []}, "'random_state' parameter"),
        ("parameters", "callbacks", ["os.system"], "callbacks"),
        ("parameters", "checkpoint", "elsewhere", "checkpoint"),
        ("parameters", "model", "os.system", "'model', which this skdigits does not know"),
        ("trained_with", "optimizer", "os.system", "'optimizer' parameter"),
        ("trained_with", "callbacks", ["os.system"], "callbacks"),
        ("trained_with", "checkpoint", "elsewhere", "checkpoint"),
        ("trained_with", "batch_size", "auto", "batch size"),
        ("trained_with", "filters", {"tuple": [4, 7]}, "not the one that its parameters"),
        ("trained_with", "filters", {"tuple": [10**9] * 50}, "not the one that its parameters"),
        ("trained_with", "filters", {"tuple": [1.5]}, "positive integers"),
        ("trained_with", "kernel_size", 10**18, "not the one that its parameters"),
        ("trained_with", "image_shape", {"tuple": [8, 9]}, "image_shape"),
        ("trained_with", "image_shape", {"tuple": [4, 16]}, "not the one that its parameters"),
        ("trained_with", "kernel_initializer", "random", "'kernel_initializer' parameter"),
    ],
)
def test_impossible_parameters_are_refused(field, name, value, problem, path, alter_model_file):  # noqa: PLR0917
    alter_model_file(path, lambda document, arrays: document[field].update({name: value}))
    refused(path, problem, loads=[load_model])


def test_what_stands_for_no_python_value_is_refused(path, alter_model_file):
    alter_model_file(
        path, lambda document, arrays: document["parameters"].update(filters={"set": []})
    )
    refused(path, "stands for no value")


def test_a_parameter_that_came_later_has_its_default(path, alter_model_file):
    alter_model_file(path, lambda document, arrays: document["parameters"].pop("verbose"))
    assert load_model(path).verbose == 0


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("conv_1/kernel", lambda w: w * np.nan, "not finite"),
        ("softmax/bias", lambda w: w - np.inf, "not finite"),
        (
            "conv_1/kernel",
            lambda w: w[..., :3],
            r"'conv_1/kernel' is float32 of shape \(3, 3, 1, 3",
        ),
        ("conv_1/kernel", lambda w: w.ravel(), "of shape"),
        ("conv_1/kernel", lambda w: w.astype(np.int64), "is int64"),
        ("conv_1/kernel", lambda w: w.astype(np.float64), "is float64"),
        ("conv_1_norm/moving_variance", lambda w: -w, "variance below 0"),
        ("softmax/kernel", lambda w: w * 0 + 3e38, "temperature of 0.45 is too low"),
        ("softmax/kernel", None, "'softmax/kernel' is missing"),
        ("more", lambda w: np.zeros(1, np.float32), "'more' does not belong there"),
    ],
)
def test_impossible_weights_are_refused(name, change, problem, path, alter_model_file):
    def change_weights(document, arrays):
        old = arrays.pop(name, None)
        if change is not None:
            arrays[name] = change(old)

    alter_model_file(path, change_weights)
    refused(path, problem)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda layers: layers[1]["config"].update(filters=5), "'conv_1/kernel' is"),
        (lambda layers: layers[1].update(class_name="Lambda"), "no known kind"),
        (lambda layers: layers.pop(), "does not end in a softmax"),
        (lambda layers: layers.clear(), "no list of 1 to 1000 layers"),
    ],
)
def test_an_impossible_network_is_refused(change, problem, path, alter_model_file):
    alter_model_file(path, lambda document, arrays: change(document["layers"]))
    refused(path, problem)


@pytest.mark.parametrize("layers", [None, {}, "Dense", [[]], [None], [{}] * 3])
def test_what_is_no_network_is_refused(layers, path, alter_model_file):
    alter_model_file(path, lambda document, arrays: document.update(layers=layers))
    refused(path, "no list of 1 to 1000 layers|has not just class_name and config")


def test_another_network_with_the_same_weights_is_no_classifier(path, alter_model_file):
    def change(document, arrays):
        document["layers"][-2]["config"]["rate"] = 0.75  # dropout does nothing when it predicts

    alter_model_file(path, change)
    load_predictor(path)
    refused(path, "not the one that its parameters describe", loads=[load_model])


@pytest.mark.parametrize(
    ("history", "problem"),
    [
        ({}, "impossible 'history'"),
        ([], "impossible 'history'"),
        ({"loss": 1.0}, "impossible 'history'"),
        ({"loss": [1.0] * 4}, "none of 3 epochs"),
        ({"loss": [1.0, 2.0, "3"]}, "impossible 'history'"),
        ({"loss": [1.0] * 3, "accuracy": [1.0] * 4}, "none of 3 epochs"),
        ({"loss": [1.0] * 3, "val_loss": [1.0] * 2}, "none of 3 epochs"),
        ({"loss": [1.0, 2.0, None]}, "impossible 'history'"),
        ({"accuracy": [1.0] * 3}, "impossible 'history'"),
        ({"loss": [1.0, 2.0, float("nan")]}, "not finite: nan"),
        ({"loss": [1.0, 2.0, float("-inf")]}, "not finite: -inf"),
    ],
)
def test_an_impossible_history_is_refused(history, problem, path, alter_model_file):
    alter_model_file(path, lambda document, arrays: document.update(history=history))
    refused(path, problem)


def nested(levels):
    return [nested(levels - 1)] if levels else []


@pytest.mark.parametrize(
    ("scores", "problem"),
    [
        ([float("nan")], "not finite"),
        ({"a": [float("inf")]}, "not finite"),
        (nested(31), "nested deeper than 32"),
        ({"a": nested(100)}, "nested deeper than 32"),
        (-(10**20), "an integer of 22 digits"),
        (10**4000, "an integer of 4001 digits"),
        (" " * 5_000_000, "its JSON is larger than 4194304 bytes"),
    ],
    ids=itertools.count(),
)
def test_hostile_json_is_refused_and_not_saved(
    scores, problem, path, alter_model_file, small_classifier
):
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"cannot be saved: .*{problem}"):
        save_model(small_classifier, path, scores=scores)
    assert path.read_bytes() == before
    alter_model_file(path, lambda document, arrays: document.update(scores=scores))
    refused(path, problem)


def test_json_may_be_nested_as_deep_as_is_said(small_classifier, path):
    save_model(small_classifier, path, scores=nested(30))
    assert read_metadata(path)["scores"] == nested(30)


@pytest.mark.parametrize(
    "change",
    [
        lambda variables: variables.pop(),
        lambda variables: variables.append(np.zeros(3, np.float32)),
        lambda variables: variables.__setitem__(0, np.float32(0)),
        lambda variables: variables.__setitem__(2, variables[2][..., :1]),
    ],
)
def test_an_optimizer_of_another_network_is_refused(
    change, small_classifier, path, alter_model_file
):
    def change_optimizer(document, arrays):
        variables = in_order("optimizer", arrays)
        change(variables)
        for name in by_number("optimizer", variables):
            arrays.pop(name, None)
        arrays.pop(f"optimizer/{len(variables):04d}", None)
        arrays.update(by_number("optimizer", [*map(np.asarray, variables)]))

    save_model(small_classifier, path, optimizer=True)
    alter_model_file(path, change_optimizer)
    refused(path, "its optimizer is not what 'adamw' is", loads=[load_model])


@pytest.mark.parametrize("name", ["optimizer/more", "optimizer/9999", "optimizer/00000"])
def test_impossible_optimizer_variables_are_refused(name, small_classifier, path, alter_model_file):
    save_model(small_classifier, path, optimizer=True)
    alter_model_file(path, lambda document, arrays: arrays.update({name: np.zeros(1, np.float32)}))
    refused(path, "'optimizer/.*' does not belong there")


def test_optimizer_variables_that_are_not_finite_are_refused(
    small_classifier, path, alter_model_file
):
    save_model(small_classifier, path, optimizer=True)
    alter_model_file(path, lambda document, arrays: arrays["optimizer/0002"].fill(np.nan))
    refused(path, "'optimizer/0002' has values that are not finite")
