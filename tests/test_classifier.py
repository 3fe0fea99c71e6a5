"""What DigitCNNClassifier does with its parameters and with data, good and bad."""

import _thread
import ast
import inspect
import re
import tracemalloc

import keras
import numpy as np
import pytest
import scipy.sparse
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline

from skdigits import DigitCNNClassifier, ImageReshaper
from skdigits.datasets import load_optdigits


def same_weights(a, b):
    return all(
        np.array_equal(v, w)
        for v, w in zip(a.model_.get_weights(), b.model_.get_weights(), strict=True)
    )


def test_learns_the_digits(digits, tiny):
    X, y = digits
    assert tiny().fit(X[:400], y[:400]).score(X[400:], y[400:]) > 0.85


def test_the_defaults_learn_the_digits(digits):
    X, y = digits
    clf = DigitCNNClassifier(random_state=0).fit(X[:400], y[:400])
    assert clf.score(X[400:], y[400:]) > 0.85


def test_the_documented_defaults_are_those_of_the_signature():
    documented = {
        name: ast.literal_eval(default)
        for name, default in re.findall(
            r"^(\w+) : .*default=(.+)$", inspect.getdoc(DigitCNNClassifier), re.MULTILINE
        )
    }
    assert documented == DigitCNNClassifier().get_params()


@pytest.mark.parametrize("configuration", ["fast", "reference"])
def test_a_subclass_without_a_parameter_of_a_configuration_learns_which(configuration):
    class Small(DigitCNNClassifier):
        def __init__(self, *, epochs=3, random_state=None):
            super().__init__(filters=(8,), epochs=epochs, random_state=random_state)

    with pytest.raises(TypeError, match=r"Small lacks a parameter .*argument 'filters'\. Add it"):
        getattr(Small, configuration)()


def test_fitted_attributes_are_real_parts(digits, tiny):
    X, y = digits
    clf = tiny(epochs=2).fit(X, y)
    assert isinstance(clf.pipeline_, Pipeline)
    assert isinstance(clf.pipeline_["reshape"], ImageReshaper)
    assert isinstance(clf.model_, keras.Model)
    assert is_classifier(clf)
    assert is_classifier(clf.pipeline_["network"])
    assert clf.classes_.tolist() == list(range(10))
    assert clf.n_features_in_ == 64
    assert clf.n_iter_ == 2
    np.testing.assert_array_equal(clf.pipeline_.predict(X), clf.predict(X))
    np.testing.assert_allclose(
        clf.predict_proba(X[:50]), clf.model_.predict(X[:50].reshape(-1, 8, 8, 1), verbose=0),
        atol=1e-5,
    )  # fmt: skip


class Failure(Exception):  # noqa: N818
    pass


class Fails(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise Failure


@pytest.mark.parametrize("warm_start", [False, True])
def test_training_that_fails_leaves_the_earlier_network_as_it_was(warm_start, digits, tiny):
    X, y = digits
    clf = tiny(epochs=2, warm_start=warm_start).fit(X, y)
    before = dict(vars(clf), callbacks=[fails := Fails()], learning_rate=0.5)
    weights, parameters = clf.model_.get_weights(), clf.pipeline_["network"].get_params()
    clf.set_params(learning_rate=0.5, callbacks=[fails])
    for train in (clf.fit, clf.partial_fit):
        with pytest.raises(Failure):
            train(X[:200], y[:200])
    assert {**vars(clf), "callbacks": [fails]} == before
    assert all(map(np.array_equal, clf.model_.get_weights(), weights))
    after = clf.pipeline_["network"].get_params()
    assert all(np.array_equal(after[name], value) for name, value in parameters.items())


def test_the_network_step_is_not_fitted_by_itself(digits, tiny):
    X, y = digits
    network = tiny(epochs=1).fit(X[:100], y[:100]).pipeline_["network"]
    for fit in (network.fit, network.partial_fit):
        with pytest.raises(NotImplementedError, match="DigitCNNClassifier that it belongs to"):
            fit(X.reshape(-1, 8, 8, 1), y)


def test_one_row_has_one_row_of_probabilities(digits, tiny):
    probabilities = tiny(epochs=1).fit(*digits).predict_proba(digits[0][:1])
    assert probabilities.shape == (1, 10)
    assert probabilities.dtype == np.float64
    assert probabilities.sum() == pytest.approx(1)


def test_validation_values_are_those_of_rows_set_aside(digits, tiny):
    clf = tiny(epochs=2, validation_fraction=0.2).fit(*digits)
    assert sorted(clf.history_) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert len(clf.history_["val_loss"]) == 2
    hundredths = np.array(clf.history_["val_accuracy"]) * 100  # a fifth of 500 rows
    np.testing.assert_allclose(hundredths, hundredths.round(), atol=1e-4)


def test_early_stopping_stops_and_restores_the_best_epoch(digits, tiny):
    options = {"epochs": 60, "n_iter_no_change": 2, "learning_rate": 0.03, "early_stopping": True}
    clf = tiny(**options).fit(*digits)
    losses = clf.history_["val_loss"]
    assert clf.n_iter_ == len(losses) < 60
    assert np.argmin(losses) == len(losses) - 3
    best = tiny(**{**options, "epochs": len(losses) - 2}).fit(*digits)
    assert same_weights(clf, best)


def test_partial_fit_goes_on_as_a_longer_fit_would(digits, tiny):
    long = tiny(epochs=3).fit(*digits)
    short = tiny(epochs=1).fit(*digits).partial_fit(*digits).partial_fit(*digits)
    assert same_weights(long, short)
    assert short.n_iter_ == 3
    assert short.history_ == long.history_


def test_partial_fit_from_nothing_needs_the_classes(digits, tiny):
    X, y = digits
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        tiny().partial_fit(X, y)
    clf = tiny().partial_fit(X[y < 3], y[y < 3], classes=range(10))
    assert clf.predict_proba(X[:5]).shape == (5, 10)
    for _ in range(8):
        clf.partial_fit(X, y)
    assert clf.score(X, y) > 0.9
    with pytest.raises(ValueError, match="are not those of before"):
        clf.partial_fit(X, y, classes=range(11))
    with pytest.raises(ValueError, match=r"labels \[12\] that are not among the classes"):
        clf.partial_fit(X[:2], [1, 12])


def test_partial_fit_trains_on_all_rows_and_refuses_balanced_weights(digits, tiny):
    clf = tiny(validation_fraction=0.5).partial_fit(*digits, classes=range(10))
    assert sorted(clf.history_) == ["accuracy", "loss"]
    with pytest.raises(ValueError, match="needs all rows at once"):
        tiny(class_weight="balanced").partial_fit(*digits, classes=range(10))


def test_warm_start_goes_on_and_a_cold_one_begins_anew(digits, tiny):
    long = tiny(epochs=4).fit(*digits)
    warm = tiny(epochs=2, warm_start=True).fit(*digits).fit(*digits)
    assert same_weights(warm, long)
    assert warm.n_iter_ == 4
    cold = tiny(epochs=2)
    assert cold.fit(*digits).fit(*digits).n_iter_ == 2


def test_class_weight_draws_predictions_to_the_heavy_class(digits, tiny):
    X, y = digits
    binary = (y == 8).astype(int)
    plain = tiny(epochs=2).fit(X, binary).predict(X).sum()
    heavy = tiny(epochs=2, class_weight={1: 50}).fit(X, binary).predict(X).sum()
    assert heavy > plain
    by_weight = tiny(epochs=2).fit(X, binary, np.where(binary, 50, 1))
    assert same_weights(by_weight, tiny(epochs=2, class_weight={1: 50}).fit(X, binary))


def test_callbacks_are_called_and_do_not_keep_the_network(digits, tiny):
    epochs = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    clf = tiny(epochs=3, callbacks=[callback]).fit(*digits)
    assert epochs == [0, 1, 2]
    assert callback.model is None
    assert clf.callbacks == [callback]
    tiny(epochs=1, callbacks=callback).fit(*digits)
    assert epochs == [0, 1, 2, 0]


def test_a_callback_that_is_none_is_refused(digits, tiny):
    with pytest.raises(TypeError, match=r"callbacks must be keras.callbacks.Callback"):
        tiny(callbacks=["tensorboard"]).fit(*digits)


class PressCtrlC(keras.callbacks.Callback):
    """Interrupt the main thread as a terminal would, at the start of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            _thread.interrupt_main()


def test_an_interrupt_keeps_the_finished_epochs(digits, tiny):
    clf = tiny(epochs=9, callbacks=[PressCtrlC(2)])
    with pytest.raises(KeyboardInterrupt) as interrupt:
        clf.fit(*digits)
    assert "the 2 finished of 9 epochs" in interrupt.value.__notes__[0]
    whole = tiny(epochs=2).fit(*digits)
    assert same_weights(clf, whole)
    assert clf.history_ == whole.history_
    assert clf.n_iter_ == 2
    np.testing.assert_array_equal(clf.predict_proba(digits[0]), whole.predict_proba(digits[0]))
    clf.set_params(callbacks=None).partial_fit(*digits)
    assert same_weights(clf, tiny(epochs=3).fit(*digits))
    assert clf.n_iter_ == 3


def test_an_interrupted_warm_start_keeps_what_was_there(digits, tiny):
    clf = tiny(epochs=2, warm_start=True).fit(*digits)
    before = [w.copy() for w in clf.model_.get_weights()]
    with pytest.raises(KeyboardInterrupt):
        clf.set_params(callbacks=[PressCtrlC(2)]).fit(*digits)
    assert all(np.array_equal(a, b) for a, b in zip(before, clf.model_.get_weights(), strict=True))
    assert clf.n_iter_ == 2
    with pytest.raises(KeyboardInterrupt):
        clf.set_params(callbacks=[PressCtrlC(3)]).fit(*digits)
    assert clf.n_iter_ == 3


def test_an_interrupt_before_the_first_epoch_leaves_nothing_fitted(digits, tiny):
    clf = tiny(callbacks=[PressCtrlC(0)])
    with pytest.raises(KeyboardInterrupt):
        clf.fit(*digits)
    with pytest.raises(NotFittedError):
        clf.predict(digits[0])


def test_feature_maps_are_those_of_the_trained_network(digits, tiny):
    clf = tiny(epochs=1, filters=(4, 6), batch_normalization=True).fit(*digits)
    images = digits[0][:3]
    maps = clf.feature_maps(images)
    assert {name: values.shape for name, values in maps.items()} == {
        "conv_1": (3, 8, 8, 4),
        "pool_1": (3, 4, 4, 4),  # normalised and activated
        "conv_2": (3, 4, 4, 6),
        "pool_2": (3, 2, 2, 6),
    }
    assert min(maps[name].min() for name in ("pool_1", "pool_2")) == 0  # after the activation
    for name, layer in (("conv_2", "conv_2"), ("pool_2", "conv_2_activation")):
        output = clf.model_.get_layer(layer).output
        of_keras = keras.Model(clf.model_.inputs[0], output)(images.reshape(-1, 8, 8, 1))
        np.testing.assert_allclose(maps[name], of_keras, atol=1e-4)


UNSCALED = "The largest feature is 255, with rescale=None, and the network does not normalise"


@pytest.mark.parametrize("largest", [-255, 16])
def test_unscaled_features_of_a_network_that_does_not_normalise_are_warned_of(
    largest, digits, tiny
):
    clf = tiny(epochs=1, batch_normalization=False, rescale=None)
    if largest == 16:
        clf.fit(*digits)
        return
    with pytest.warns(UserWarning, match=UNSCALED) as warned:
        clf.fit(digits[0] * (largest / 16), digits[1])
    assert "Set rescale=0.00392, which" in str(warned[0].message)
    assert warned[0].filename == __file__
    clf.set_params(rescale=1 / 255).fit(digits[0] * (largest / 16), digits[1])


def test_feature_maps_name_the_layers_that_there_are(digits, tiny):
    clf = tiny(
        epochs=1,
        filters=(4, 6, 3),
        pool_after=(2,),
        batch_normalization=True,
        global_pooling="average",
    ).fit(*digits)
    maps = clf.feature_maps(digits[0][:3])
    assert {name: values.shape for name, values in maps.items()} == {
        "conv_1": (3, 8, 8, 4),
        "conv_2": (3, 8, 8, 6),
        "pool_2": (3, 4, 4, 6),
        "conv_3": (3, 2, 2, 3),
    }
    assert min(maps[name].min() for name in ("conv_1", "pool_2", "conv_3")) == 0


def test_an_image_shape_is_strict_and_may_have_channels(tiny):
    X, y = np.random.default_rng(0).normal(size=(30, 18)), np.arange(30) % 2
    assert tiny(epochs=1, image_shape=(3, 3, 2)).fit(X, y).model_.input_shape == (None, 3, 3, 2)
    with pytest.raises(ValueError, match="holds 16 values, but X has 18 features"):
        tiny(image_shape=(4, 4)).fit(X, y)


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], "U5"),
     (np.arange(10) - 3, np.int8),
     (np.arange(10) * 2.0, np.float64),
     (np.array(list("abcdefghij"), dtype=object), object)],
)  # fmt: skip
def test_labels_of_any_type_come_back(labels, dtype, digits, tiny):
    X, y = digits
    labels = np.asarray(labels, dtype=dtype)
    clf = tiny().fit(X, labels[y])
    assert clf.classes_.dtype == labels.dtype
    assert clf.classes_.tolist() == sorted(labels.tolist())
    assert clf.score(X, labels[y]) > 0.85
    assert clf.predict(X).dtype == labels.dtype


BAD_PARAMETERS = [
    ({"epochs": 0}, "The 'epochs' parameter"),
    ({"batch_size": 1.5}, "The 'batch_size' parameter"),
    ({"dropout": 1}, "The 'dropout' parameter"),
    ({"validation_fraction": 1}, "The 'validation_fraction' parameter"),
    ({"filters": {8, 16}}, "filters must be positive integers"),
    ({"filters": np.array([8.0, 16.0])}, "filters must be positive integers"),
    ({"dense_units": [[8]]}, "dense_units must be positive integers"),
    ({"image_shape": 8}, r"image_shape must be \(height, width\)"),
    ({"validation_fraction": 0, "early_stopping": True}, "early_stopping=True needs rows"),
    ({"validation_fraction": 0.0, "temperature": "validation"}, 'temperature="validation" needs'),
    ({"filters": (8, 0)}, "filters must be positive integers"),
    ({"pool_after": (0,)}, "pool_after must be positive integers"),
    ({"augment": "flip"}, "The 'augment' parameter"),
    ({"augment": {"flip": 1}}, "augment has 'flip'"),
    ({"augment": {"shift": -1}}, r"augment\['shift'\] must be"),
    ({"augment": {"shift": np.nan}}, r"augment\['shift'\] must be"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD_PARAMETERS)
def test_a_bad_parameter_is_named(parameters, message, digits, tiny):
    with pytest.raises(ValueError, match=message):
        tiny(**parameters).fit(*digits)


def spoil(X, value):
    X = X.copy()
    X[3, 5] = value
    return X


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_a_fit_on_a_memory_map_copies_it_once(dtype, digits, tiny, tmp_path):
    few = (digits[0], digits[1])
    X = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", dtype, (20_000, 64))
    X[:] = np.random.default_rng(0).integers(0, 17, X.shape)
    y = np.resize(digits[1], len(X))
    clf = tiny(filters=(2,), dense_units=(), epochs=1, batch_size=1000).fit(*few)  # traced
    tracemalloc.start()
    clf.fit(X, y)
    clf.partial_fit(X[:5000], y[:5000])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert clf.n_iter_ == 2
    assert peak < 1.5 * X.size * 4  # as float32


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float16, ">f4"])
def test_features_of_any_dtype_train_the_network_of_float32(dtype, digits, tiny):
    X, y = (digits[0] > 7).astype(np.float32), digits[1]
    expected = tiny(epochs=1).fit(X, y).predict_proba(X)
    found = tiny(epochs=1).fit(X.astype(dtype), y)
    np.testing.assert_array_equal(found.predict_proba(X), expected)


ONES = np.ones(500)
BAD_DATA = {
    "NaN": (lambda X, y: (spoil(X, np.nan), y), ValueError, "Input X contains NaN"),
    "inf": (lambda X, y: (spoil(X, np.inf), y), ValueError, "Input X contains infinity"),
    "too large": (lambda X, y: (spoil(X, 1e300), y), ValueError, r"X\[3, 5\] is 1e\+300"),
    "sparse NaN": (
        lambda X, y: (scipy.sparse.csr_array(spoil(X, np.nan)), y),
        ValueError,
        "Input X contains NaN",
    ),
    "1-D": (lambda X, y: (X[0], y), ValueError, "Expected 2D array, got 1D array instead"),
    "one class": (lambda X, y: (X, y * 0), ValueError, "at least 2 classes"),
    "empty": (lambda X, y: (X[:0], y[:0]), ValueError, r"Found array with 0 sample\(s\)"),
    "no features": (lambda X, y: (X[:, :0], y), ValueError, r"0 feature\(s\)"),
    "complex": (lambda X, y: (X * 1j, y), ValueError, "Complex data not supported"),
    "text": (lambda X, y: (X.astype(str) + "a", y), ValueError, "could not convert string"),
    "object text": (
        lambda X, y: (np.full(X.shape, "five", object), y),
        ValueError,
        "could not convert string to float",
    ),
    "continuous y": (lambda X, y: (X, y + 0.5), ValueError, "Unknown label type: continuous"),
    "NaN in y": (lambda X, y: (X, np.where(y == 3, np.nan, y)), ValueError, "Input y contains NaN"),
    "no y": (lambda X, y: (X, None), ValueError, "requires y to be passed"),
    "lengths": (lambda X, y: (X, y[1:]), ValueError, "inconsistent numbers of samples"),
    "negative weights": (lambda X, y: (X, y, -ONES), ValueError, "Negative values in data"),
    "zero weights": (lambda X, y: (X, y, ONES * 0), ValueError, "at least one non-zero"),
    "NaN weights": (lambda X, y: (X, y, ONES * np.nan), ValueError, "sample_weight contains NaN"),
    "few weights": (lambda X, y: (X, y, ONES[1:]), ValueError, "sample_weight.shape"),
}


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")  # scikit-learn's own cast
@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_get_the_error_of_scikit_learn(case, digits, tiny):
    make, error, message = BAD_DATA[case]
    clf = tiny()
    with pytest.raises(error, match=message):
        clf.fit(*make(*digits))
    with pytest.raises(NotFittedError):
        clf.predict(digits[0])


@pytest.mark.parametrize(
    ("case", "error"),
    [("NaN", ValueError), ("sparse NaN", ValueError), ("1-D", ValueError), ("complex", ValueError)],
)
def test_bad_data_are_refused_by_predict_too(case, error, digits, tiny):
    make, _, message = BAD_DATA[case]
    with pytest.raises(error, match=message):
        tiny(epochs=1).fit(*digits).predict(make(*digits)[0])


def test_a_wrong_number_of_features_is_refused(digits, tiny):
    clf = tiny(epochs=1).fit(*digits)
    with pytest.raises(ValueError, match="X has 63 features, but DigitCNNClassifier is expecting"):
        clf.predict(digits[0][:, 1:])
    with pytest.raises(ValueError, match="X has 63 features"):
        clf.partial_fit(digits[0][:, 1:], digits[1])


def test_the_automatic_batch_size_follows_the_rows_that_are_trained_on(tiny):
    X, y = load_optdigits(return_X_y=True)
    # 560 different rows are 35 batches of 16; without a tenth of them, 16 would make 31.
    for fraction, size in ((None, 16), (0.1, 8)):
        auto, given = (
            tiny(epochs=1, validation_fraction=fraction, batch_size=batch_size).fit(
                X[:560], y[:560]
            )
            for batch_size in ("auto", size)
        )
        np.testing.assert_array_equal(auto.predict_proba(X[:50]), given.predict_proba(X[:50]))
