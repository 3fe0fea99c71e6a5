import copy
import datetime
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


@pytest.fixture(scope="module")
def kinds(digits):
    """Classifiers that differ in all that a file must hold."""
    X, y = (values[:120] for values in digits)
    small = {"filters": (3,), "epochs": 2, "random_state": 0}
    columns = pd.DataFrame(X[:, :20]).add_prefix("pixel ")
    return {
        "feature names": DigitCNNClassifier(image_shape=(4, 5), **small).fit(columns, NAMES[y]),
        "one channel more": DigitCNNClassifier(image_shape=[4, 8, 2], **small).fit(X, y > 4),
        "study": DigitCNNClassifier.reference(
            filters=(), dense_units=[4, 5], epochs=2, random_state=0
        ).fit(X, y.astype(np.uint8)),
        "found temperature": DigitCNNClassifier(
            temperature="validation",
            early_stopping=True,
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


@pytest.mark.parametrize(
    "kind",
    [
        "feature names",
        "one channel more",
        "study",
        "found temperature",
        "partial fit only",
        "parameters changed since",
    ],
)
def test_everything_comes_back(kind, kinds, digits, tmp_path):
    classifier = kinds[kind]
    path, again = tmp_path / "digits.skdigits", tmp_path / "again.skdigits"
    save_model(classifier, path, optimizer=True, scores=[1, {"a": None}])
    loaded, predictor = load_model(path), load_predictor(path)
    X = digits[0][:, : classifier.n_features_in_]
    if kind == "feature names":
        X = pd.DataFrame(X).add_prefix("pixel ")
        assert loaded.feature_names_in_.tolist() == classifier.feature_names_in_.tolist()
    for model in (loaded, predictor):
        np.testing.assert_array_equal(model.predict_proba(X), classifier.predict_proba(X))
        np.testing.assert_array_equal(model.predict(X), classifier.predict(X))
        assert model.classes_.dtype == classifier.classes_.dtype
    assert loaded.get_params() == classifier.get_params()
    assert type(loaded.filters) is type(classifier.filters)
    for name in ("history_", "n_iter_", "temperature_", "training_data_", "n_features_in_"):
        assert getattr(loaded, name) == getattr(classifier, name), name
    assert getattr(loaded, "best_iter_", None) == getattr(classifier, "best_iter_", None)
    assert loaded.model_.get_config() == classifier.model_.get_config()
    for ours, theirs in zip(weights(loaded), weights(classifier), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert loaded.__dict__.keys() == classifier.__dict__.keys()
    save_model(loaded, again, optimizer=True, scores=predictor.metadata["scores"])
    assert undated(again) == undated(path)


def weights(classifier):
    state = classifier.pipeline_["network"].state_
    return [*state.weights, *state.optimizer]


def same(a, b):
    return all(np.array_equal(v, w) for v, w in zip(weights(a), weights(b), strict=True))


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
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


def test_files_of_a_version_that_made_other_layers_load(path, alter_model_file, digits, tmp_path):
    X, y = digits
    original = load_model(path)

    def change(document, arrays):
        for layer in document["layers"]:
            if layer["class_name"] == "BatchNormalization":
                layer["config"].update(epsilon=0.01, momentum=0.5)
            if layer["class_name"] == "Dropout":
                layer["config"].update(rate=0.75)

    alter_model_file(path, change)
    loaded = load_model(path)
    proba = loaded.predict_proba(X)
    np.testing.assert_array_equal(load_predictor(path).predict_proba(X), proba)
    assert not np.array_equal(original.predict_proba(X), proba)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        original.set_params(warm_start=True, epochs=1).fit(X, y)
        loaded.set_params(warm_start=True, epochs=1).fit(X, y)
    layers = {layer.name: layer for layer in loaded.model_.layers}
    assert (layers["conv_1_norm"].epsilon, layers["conv_1_norm"].momentum) == (0.01, 0.5)
    assert layers["dropout"].rate == 0.75
    assert not same(loaded, original)
    save_model(loaded, tmp_path / "again")
    assert load_predictor(tmp_path / "again").layers_ == load_predictor(path).layers_


def undated(path):
    document, arrays = parse(path.read_bytes())
    return dump({**document, "created": None}, arrays)


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
    with pytest.raises(OSError, match=target.partition("/")[0] or "folder"):
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
    history = load_predictor(tmp_path / "digits.skdigits").metadata["history"]
    assert history["val_loss"] == [None, clf.history_["val_loss"][1]]
    loaded.fit(X[:100], y[:100])
    assert [*map(np.isnan, loaded.history_["val_accuracy"])] == [True, False, False]


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
    kept = load_predictor(path).metadata["scores"]
    assert kept == {
        "accuracy": 0.25,
        "folds": [0.5, 1],
        "interval": [0.1, 0.2],
        "split": {"rows": 3, "writers": "other", "mixed": False, "more": None},
    }
    assert load_predictor(path).metadata["scores"] == kept


@pytest.mark.parametrize(
    ("scores", "error"),
    [
        ({(1, 2): 3}, TypeError),
        ({"a": {1, 2}}, TypeError),
        (np.arange(3), TypeError),
        ({"a": np.inf}, ValueError),
        (" " * 5_000_000, ValueError),
    ],
)
def test_other_scores_are_refused(scores, error, small_classifier, path):
    before = path.read_bytes()
    with pytest.raises(error):
        save_model(small_classifier, path, scores=scores)
    assert path.read_bytes() == before


# ---- What a file says


def test_metadata_say_what_a_model_card_needs(saved, small_classifier):
    metadata = load_predictor(saved).metadata
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
    assert metadata["versions"]["skdigits"] == skdigits.__version__
    assert metadata["versions"]["numpy"] == np.__version__


# ---- What is not loaded


def refused(path, problem, loads=(load_model, load_predictor)):
    for load in loads:
        with pytest.raises(ModelFileError, match=problem) as refusal:
            load(path)
        assert str(path) in str(refusal.value)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    for load in (load_model, load_predictor):
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "digits.skdigits")


def test_a_pickle_is_refused_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    path = tmp_path / "digits.skdigits"
    path.write_bytes(pickle.dumps(Trap()))
    refused(path, "safetensors")
    assert not (tmp_path / "sprung").exists()


def test_a_large_file_is_refused_unread(path):
    with path.open("ab") as file:
        file.truncate(256 * 2**20 + 1)
    refused(path, "more than 268435456 bytes")


def test_altered_and_truncated_files_are_refused(path):
    content = path.read_bytes()
    altered = bytearray(content)
    altered[-5000] ^= 1
    for spoilt in (bytes(altered), content[:-1], content[:5000], b""):
        path.write_bytes(spoilt)
        refused(path, "does not begin as|is damaged")


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
    refused(path, "format version is 2.*7.3.*Update skdigits")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "skdigits checkpoint"),
        ("format_version", None),
        ("more", 1),
        ("seed", -1),
        ("seed", 2**31),
        ("seed", "0"),
        ("n_iter", 4),
        ("best_iter", 2),  # no epoch was validated
        ("temperature", -1.0),
        ("temperature", 1e-300),
        ("parameters", []),
        ("classes", {"dtype": "<i8", "values": list(range(9))}),
        ("classes", {"dtype": "object", "values": [[]] * 10}),
        ("preprocessing", {}),
        ("training_data", None),
        ("history", {"accuracy": [1.0] * 3}),
        ("history", {"loss": 1.0}),
        ("history", {"loss": [1.0, 2.0, "3"]}),
        ("history", {"loss": [1.0, 2.0, None]}),
        ("history", {"loss": [1.0, 2.0, float("nan")]}),
        ("history", {"loss": [1.0] * 3, "val_loss": [1.0] * 2}),
        ("scores", [float("-inf")]),
        ("layers", []),
        ("layers", [None]),
        ("layers", {}),
    ],
)
def test_impossible_metadata_are_refused(field, value, path, alter_model_file):
    alter_model_file(path, lambda document, arrays: document.update({field: value}))
    refused(path, "not a sound model file")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("image_shape", [8, 8]),
        ("image_shape", [8, 8, -1]),
        ("image_shape", [2**31, 2**31, 2**31]),
        ("n_features_in", 65),
        ("feature_names_in", ["a"]),
        ("feature_names_in", [1] * 64),
    ],
)
def test_an_impossible_shape_is_refused(key, value, path, alter_model_file):
    alter_model_file(path, lambda document, arrays: document["preprocessing"].update({key: value}))
    refused(path, "impossible")


@pytest.mark.parametrize(
    ("field", "name", "value", "problem"),
    [
        ("parameters", "epochs", 0, "'epochs' parameter"),
        ("parameters", "optimizer", "os.system", "'optimizer' parameter"),
        ("parameters", "checkpoint", "elsewhere", "checkpoint"),
        ("parameters", "model", "os.system", "parameter 'model'"),
        ("trained_with", "callbacks", ["os.system"], "callbacks"),
        ("trained_with", "batch_size", "auto", "batch size"),
        ("trained_with", "filters", {"tuple": [1.5]}, "positive integers"),
        ("trained_with", "filters", {"tuple": [1] * 1001}, "layers"),
        ("trained_with", "filters", {"set": []}, "stands for no value"),
        ("trained_with", "image_shape", {"tuple": [4, 16]}, "image_shape"),
        ("trained_with", "kernel_initializer", "random", "'kernel_initializer' parameter"),
    ],
)
def test_impossible_parameters_are_refused(field, name, value, problem, path, alter_model_file):  # noqa: PLR0917
    alter_model_file(path, lambda document, arrays: document[field].update({name: value}))
    refused(path, problem, loads=[load_model])


def test_a_parameter_that_came_later_has_its_default(path, alter_model_file):
    alter_model_file(path, lambda document, arrays: document["parameters"].pop("verbose"))
    assert load_model(path).verbose == 0


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("conv_1/kernel", lambda w: w * np.nan, "not finite"),
        ("conv_1/kernel", lambda w: w[..., :3], "'conv_1/kernel' is float32 of shape"),
        ("conv_1/kernel", lambda w: w.astype(np.float64), "is float64"),
        ("conv_1_norm/moving_variance", lambda w: -w, "variance below 0"),
        ("softmax/kernel", lambda w: w * 0 + 3e38, "temperature of 0.45 is too low"),
        ("softmax/kernel", None, "'softmax/kernel' is missing"),
        ("more", lambda w: np.zeros(1, np.float32), "'more' does not belong there"),
        ("optimizer/9999", lambda w: np.zeros(1, np.float32), "does not belong there"),
        ("optimizer/0002", lambda w: w * np.inf, "not finite"),
    ],
)
def test_impossible_arrays_are_refused(  # noqa: PLR0917
    name, change, problem, small_classifier, path, alter_model_file
):
    def change_arrays(document, arrays):
        old = arrays.pop(name, None)
        if change is not None:
            arrays[name] = change(old)

    save_model(small_classifier, path, optimizer=True)
    alter_model_file(path, change_arrays)
    refused(path, problem)


def test_layers_that_the_weights_do_not_fit_are_refused(path, alter_model_file):
    alter_model_file(
        path, lambda document, arrays: document["layers"][1]["config"].update(filters=5)
    )
    refused(path, "'conv_1/kernel' is")


@pytest.mark.parametrize(
    "change",
    [
        lambda variables: variables.pop(),
        lambda variables: variables.__setitem__(2, variables[2][..., :1]),
    ],
)
def test_an_optimizer_of_another_network_is_refused(
    change, small_classifier, path, alter_model_file
):
    def change_optimizer(document, arrays):
        variables = in_order("optimizer", arrays)
        for name in by_number("optimizer", variables):
            arrays.pop(name)
        change(variables)
        arrays.update(by_number("optimizer", variables))

    save_model(small_classifier, path, optimizer=True)
    alter_model_file(path, change_optimizer)
    refused(path, "its optimizer is not what 'adamw' is", loads=[load_model])
