"""A network that is traced once trains many, and none of them notices the others."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

import skdigits
from skdigits.training import Rows, _traced_network
from skdigits.training._pool import TRACED_NETWORKS
from skdigits.training._rows import Images
from skdigits.training._traced_network import TracedNetwork, as_tensors


def same_values(a, b):
    return all(np.array_equal(v, w) for v, w in zip(a, b, strict=True))


def same_weights(a, b):
    return same_values(a.model_.get_weights(), b.model_.get_weights())


@pytest.mark.parametrize(
    "parameters",
    [
        {"early_stopping": True, "n_iter_no_change": 1, "learning_rate": 0.05, "epochs": 20},
        {"optimizer": "rmsprop", "shuffle": False, "batch_normalization": True},
        {
            "augment": "affine",
            "label_smoothing": 0.1,
            "temperature": "validation",
            "learning_rate_schedule": "one_cycle",
            "optimizer": "adamw",
            "weight_decay": 0.1,
        },
    ],
)
def test_a_network_that_has_trained_before_trains_as_a_new_one(parameters, digits, tiny):
    X, y = digits
    skdigits.clear_cache()
    first, second = (tiny(**{"epochs": 3, **parameters}).fit(X, y) for _ in range(2))
    assert len(TRACED_NETWORKS) == 1
    skdigits.clear_cache()
    new = tiny(**{"epochs": 3, **parameters}).fit(X, y)
    for other in (second, new):
        assert same_weights(first, other)
        assert first.history_ == other.history_
        np.testing.assert_array_equal(first.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize("n_rows", [0, 1, 5000])
def test_tensorflow_has_each_row_in_its_place(n_rows):
    X = np.random.default_rng(0).integers(0, 17, (n_rows + 1, 15)).astype(np.uint8)
    indices = np.arange(n_rows)[::-1]
    rows = Rows(Images(X, (5, 3, 1)).subset(indices), indices, np.ones(n_rows))
    images, labels, weights = (tensor.numpy() for tensor in as_tensors(rows, (5, 3, 1)))
    np.testing.assert_array_equal(images.reshape(-1, 15), X[indices])
    np.testing.assert_array_equal(labels, indices)
    np.testing.assert_array_equal(weights, 1)


@pytest.fixture
def traces(monkeypatch):
    """Names of the graphs that are traced from now on."""
    traced = []

    def counting(name):
        trace = getattr(TracedNetwork, name)

        def count(self, *arguments):
            traced.append(name)
            return trace(self, *arguments)

        monkeypatch.setattr(TracedNetwork, name, count)

    counting("_train_rows")
    counting("_evaluate_rows")
    skdigits.clear_cache()
    return traced


CHANGES = [
    {},
    {"filters": (4,)},
    {"optimizer": "sgd"},
    {"optimizer": "rmsprop", "weight_decay": 0.1},
    {"optimizer": "rmsprop", "weight_decay": 0.5},
    {"augment": "affine"},
    {"label_smoothing": 0.1},
    {"learning_rate_schedule": "one_cycle"},
    {"weight_decay": 0.5},
    {"dropout": 0.25},
    {"conv_dropout": 0},
]


def test_kinds_of_training_are_traced_anew_and_not_mixed_up(traces, digits, tiny, monkeypatch):
    monkeypatch.setattr(TRACED_NETWORKS, "size", len(CHANGES))
    fits = []
    for change in CHANGES:
        traces.clear()
        fits.append(tiny(epochs=1, **change).fit(*digits))
        assert "_train_rows" in traces, change
    traces.clear()
    for change, first in zip(CHANGES, fits, strict=True):
        again = tiny(epochs=1, **change).fit(*digits)
        assert same_weights(first, again), change
        assert first.history_ == again.history_, change
    assert traces == []
    assert len(TRACED_NETWORKS) == len(CHANGES)
    assert len({repr(clf.history_) for clf in fits}) == len(CHANGES)


NUMBERS = {
    "learning_rate": 0.02,
    "batch_size": 32,
    "dropout": 0.3,
    "conv_dropout": 0.7,
    "label_smoothing": 0.2,
    "weight_decay": 0.5,
    "augment": {"rotation": 5, "zoom": 0.3},
}


def test_numbers_change_without_a_new_trace_and_are_not_mixed_up(traces, digits, tiny):
    options = {
        "epochs": 2,
        "dropout": 0.1,
        "conv_dropout": 0.2,
        "label_smoothing": 0.1,
        "learning_rate_schedule": "one_cycle",
        "weight_decay": 0.1,
        "augment": {"shift": 1},
    }
    changes = [{}, *({name: value} for name, value in NUMBERS.items()), NUMBERS]
    together = [tiny(**{**options, **change}).fit(*digits) for change in changes]
    assert len(traces) == 1
    assert len({clf.predict_proba(digits[0]).tobytes() for clf in together}) == len(changes)
    skdigits.clear_cache()
    alone = tiny(**{**options, **NUMBERS}).fit(*digits)
    assert same_weights(alone, together[-1])
    assert alone.history_ == together[-1].history_


def test_a_saved_network_has_the_rates_of_its_fit(digits, tiny, tmp_path):
    for rate in (0.25, 0.75):
        checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "of_{epoch}.keras")
        tiny(epochs=1, conv_dropout=0, dropout=rate, callbacks=[checkpoint]).fit(*digits)
        saved = keras.saving.load_model(tmp_path / "of_1.keras")
        assert [x.rate for x in saved.layers if isinstance(x, keras.layers.Dropout)] == [rate]


def test_a_batch_may_be_larger_than_any_rows(digits, tiny):
    many, more = (tiny(epochs=1, batch_size=size).fit(*digits) for size in (10**6, 10**12))
    assert same_weights(many, more)


def test_fits_in_between_do_not_touch_an_earlier_classifier(digits, tiny):
    X, y = digits
    undisturbed = tiny(epochs=2).fit(X, y).partial_fit(X, y)
    clf = tiny(epochs=2).fit(X, y)
    probabilities = clf.predict_proba(X)
    tiny(epochs=3, random_state=6, learning_rate=0.1, early_stopping=True).fit(X[::-1], y[::-1])
    np.testing.assert_array_equal(clf.predict_proba(X), probabilities)
    clf.partial_fit(X, y)
    assert same_weights(clf, undisturbed)
    assert clf.history_ == undisturbed.history_


@pytest.fixture
def in_parts(monkeypatch):
    """Have even the smallest networks train on a mini-batch in four parts."""
    monkeypatch.setattr(_traced_network, "_LEAST_OF_A_PART", 1)
    skdigits.clear_cache()
    yield
    skdigits.clear_cache()


def test_a_minibatch_in_parts_has_the_gradients_of_the_whole(digits, tiny, request):
    options = {"batch_normalization": False, "conv_dropout": 0, "dropout": 0, "epochs": 1}
    whole = tiny(**options).fit(*digits)
    request.getfixturevalue("in_parts")
    parts = tiny(**options).fit(*digits)
    assert TRACED_NETWORKS._idle[-1][1]._n_parts == 4
    assert not same_weights(parts, whole)  # the last bits
    for a, b in zip(parts.model_.get_weights(), whole.model_.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


@pytest.mark.usefixtures("in_parts")
def test_a_minibatch_may_have_fewer_rows_than_parts(digits, tiny):
    X, y = (values[:1] for values in digits)
    clf = tiny(batch_normalization=True, augment="affine", epochs=2)
    clf.partial_fit(X, y, classes=range(10))
    assert all(np.isfinite(weights).all() for weights in clf.model_.get_weights())


@pytest.mark.usefixtures("in_parts")
def test_each_part_has_its_own_random_draws(tiny):
    tiny(dropout=0.5).fit(np.ones((2, 64)), [0, 1])
    network = TRACED_NETWORKS._idle[-1][1]
    trained = network._forward(np.ones((4, 8, 8, 1), np.float32)).numpy()
    assert len({image.tobytes() for image in trained}) == 4


def test_fits_in_threads_make_the_networks_of_fits_one_after_the_other(digits, tiny):
    def fit(seed):
        return tiny(epochs=2, random_state=seed).fit(*digits)

    with ThreadPoolExecutor(2) as executor:
        at_once = list(executor.map(fit, range(4)))
    for clf, seed in zip(at_once, range(4), strict=True):
        assert same_weights(clf, fit(seed))


def test_any_number_of_rows_is_trained_on_without_a_new_trace(traces, digits, tiny):
    X, y = digits
    clf = tiny(epochs=2, validation_fraction=0.2).fit(X, y)
    assert {*traces} == {"_train_rows", "_evaluate_rows"}
    traces.clear()
    tiny(epochs=3, random_state=1, learning_rate=0.1).fit(X[:301], y[:301])
    tiny(epochs=2, early_stopping=True).fit(X[:301], y[:301])
    tiny(epochs=1, class_weight="balanced", temperature=0.5).fit(X[:37], y[:37])
    clf.partial_fit(X[:5], y[:5])
    assert traces == []


def test_a_learning_rate_that_a_plateau_reduced_is_back_in_the_next_fit(digits, tiny):
    plain = tiny(epochs=3).fit(*digits)
    reduce = keras.callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=1, min_delta=1e9)
    clf = tiny(epochs=4, callbacks=[reduce]).fit(*digits)
    np.testing.assert_allclose(clf.history_["learning_rate"], [1e-2, 1e-2, 1e-3, 1e-4], rtol=1e-5)
    assert not same_weights(clf, tiny(epochs=4).fit(*digits))
    assert same_weights(plain, tiny(epochs=3).fit(*digits))


def test_a_callback_that_stops_training_does_not_stop_the_next_fit(digits, tiny):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    assert tiny(epochs=3, callbacks=[Stop()]).fit(*digits).n_iter_ == 1
    assert tiny(epochs=3).fit(*digits).n_iter_ == 3


LOAD_CHECKPOINT = """
import sys
import keras
import numpy as np
for name in ("plain", "augmented", "saved"):
    model = keras.saving.load_model(name + ".keras")
    np.save(name + ".npy", model.predict(np.load("images.npy"), verbose=0))
print("skdigits" in sys.modules)
"""


def test_a_checkpoint_and_a_saved_network_are_of_plain_keras(digits, tiny, tmp_path, run_python):
    X, y = digits
    fitted = {}
    for name, augment in {"plain": None, "augmented": "affine"}.items():
        checkpoint = keras.callbacks.ModelCheckpoint(str(tmp_path / f"{name}.keras"))
        options = {"epochs": 2, "batch_normalization": True, "rescale": 0.1, "augment": augment}
        fitted[name] = tiny(**options, callbacks=[checkpoint]).fit(X, y)
    fitted["saved"] = tiny(
        epochs=1,
        augment="affine",
        label_smoothing=0.1,
        optimizer="adamw",
        weight_decay=0.1,
        learning_rate_schedule="one_cycle",
        global_pooling="average",
        temperature=0.5,
    ).fit(X, y)
    fitted["saved"].model_.save(tmp_path / "saved.keras")
    np.save(tmp_path / "images.npy", X.reshape(-1, 8, 8, 1).astype(np.float32))
    assert run_python(LOAD_CHECKPOINT).split()[-1] == "False"
    for name, clf in fitted.items():
        np.testing.assert_allclose(
            np.load(tmp_path / f"{name}.npy"), clf.predict_proba(X), atol=1e-5, err_msg=name
        )


def test_the_best_checkpoint_is_the_epoch_that_early_stopping_restores(digits, tiny, tmp_path):
    X, y = digits
    checkpoint = keras.callbacks.ModelCheckpoint(
        str(tmp_path / "best.keras"), monitor="val_loss", save_best_only=True
    )
    options = {"early_stopping": True, "n_iter_no_change": 1, "learning_rate": 0.05, "epochs": 40}
    clf = tiny(**options, callbacks=[checkpoint]).fit(X, y)
    assert clf.n_iter_ < 40
    best = keras.saving.load_model(tmp_path / "best.keras")
    assert same_values(best.get_weights(), clf.model_.get_weights())


def test_a_checkpoint_of_weights_loads_into_the_classifiers_network(digits, tiny, tmp_path):
    path = str(tmp_path / "last.weights.h5")
    checkpoint = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)
    clf = tiny(epochs=2, callbacks=[checkpoint]).fit(*digits)
    other = tiny(epochs=1, random_state=1).fit(*digits).model_
    other.load_weights(path)
    assert same_values(other.get_weights(), clf.model_.get_weights())


def test_an_augmented_epoch_sees_other_images_than_the_one_before(digits, tiny):
    seen = []

    class Note(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(self.model.layers[0].seed_generator.state.numpy().tolist()[1])

    tiny(epochs=2, augment="affine", callbacks=[Note()]).fit(*digits)
    steps = -(-500 // 16)
    assert seen == [steps, 2**32 + steps]


def test_validation_rows_are_not_augmented(digits, tiny):
    options = {"epochs": 1, "validation_fraction": 0.2, "learning_rate": 1e-9}
    options |= {"batch_normalization": False}
    plain, augmented = (tiny(**options, augment=a).fit(*digits).history_ for a in (None, "affine"))
    assert augmented["loss"] != plain["loss"]
    np.testing.assert_allclose(augmented["val_loss"], plain["val_loss"], rtol=1e-5)


def test_the_classifiers_network_is_compiled_with_the_state_of_training(digits, tiny):
    clf = tiny(epochs=2, batch_normalization=True).fit(*digits)
    assert clf.model_.compiled
    assert type(clf.model_.optimizer) is keras.optimizers.Adam
    state = clf.pipeline_["network"].state_
    assert same_values(clf.model_.get_weights(), state.weights)
    assert same_values([v.numpy() for v in clf.model_.optimizer.variables], state.optimizer)


@pytest.mark.parametrize(("optimizer", "beta_2"), [("adam", 0.999), ("adamw", 0.99), ("sgd", None)])
def test_the_classifiers_network_has_the_optimizer_asked_for(optimizer, beta_2, digits, tiny):
    clf = tiny(epochs=1, optimizer=optimizer, weight_decay=0.05).fit(*digits)
    assert type(clf.model_.optimizer) is type(keras.optimizers.get(optimizer))
    config = clf.model_.optimizer.get_config()
    assert (config["weight_decay"], config.get("beta_2")) == (0.05, beta_2)


def test_training_the_classifiers_network_by_hand_does_not_change_the_classifier(digits, tiny):
    X, y = digits
    clf, untouched = (tiny(epochs=1).fit(X, y) for _ in range(2))
    before = clf.predict_proba(X)
    model = clf.model_
    weights = model.get_weights()
    model.fit(X.reshape(-1, 8, 8, 1), y, verbose=0)
    assert not same_values(model.get_weights(), weights)
    np.testing.assert_array_equal(clf.predict_proba(X), before)
    assert same_weights(clf.partial_fit(X, y), untouched.partial_fit(X, y))


def freeze_first_layer(model):
    model.layers[0].trainable = False


def compile_anew(model):
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)


@pytest.mark.parametrize("change", [freeze_first_layer, compile_anew])
def test_a_network_that_a_callback_changed_is_not_used_again(change, digits, tiny):
    skdigits.clear_cache()
    callback = keras.callbacks.LambdaCallback()
    callback.on_train_end = lambda logs=None: change(callback.model)
    tiny(epochs=1, callbacks=[callback]).fit(*digits)
    assert len(TRACED_NETWORKS) == 0
