"""A network that is traced once trains many, and none of them notices the others."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

import skdigits
from skdigits.training import RandomAffine, Rows, TracedNetwork, _traced_network
from skdigits.training._pool import TRACED_NETWORKS
from skdigits.training._rows import Images
from skdigits.training._traced_network import _RowVariables, epoch_keys


def same_values(a, b):
    return all(np.array_equal(v, w) for v, w in zip(a, b, strict=True))


def same_weights(a, b):
    return same_values(a.model_.get_weights(), b.model_.get_weights())


@pytest.mark.parametrize(
    "parameters",
    [
        {"dropout": 0.25, "batch_normalization": True, "class_weight": {0: 3, 1: 0.5}},
        {"early_stopping": True, "n_iter_no_change": 1, "learning_rate": 0.05, "epochs": 20},
        {"optimizer": "rmsprop", "shuffle": False, "validation_fraction": 0.2},
        {"augment": {"rotation": 20}, "dropout": 0.25, "validation_fraction": 0.2},
        {
            "augment": "affine",
            "label_smoothing": 0.1,
            "temperature": "validation",
            "learning_rate_schedule": "one_cycle",
            "optimizer": "adamw",
            "weight_decay": 0.1,
        },
        {"filters": (4, 8), "pool_after": (2,), "global_pooling": "average", "dense_units": ()},
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


@pytest.mark.parametrize("n_rows", [0, 1, 3, 5000])
def test_tensorflow_has_each_row_in_its_place(n_rows):
    X = np.random.default_rng(0).integers(0, 17, (n_rows + 1, 15)).astype(np.uint8)
    indices = np.arange(n_rows)[::-1]
    variables = _RowVariables((5, 3, 1))
    for _ in range(2):
        images = Images(X, (5, 3, 1)).subset(indices)
        variables.assign(Rows(images, indices, np.ones(n_rows)))
        found = [tensor.numpy() for tensor in variables.tensors()]
        np.testing.assert_array_equal(found[0].reshape(-1, 15), X[indices])
        np.testing.assert_array_equal(found[1], indices)
        variables.clear()
        assert [len(tensor) for tensor in variables.tensors()] == [0, 0, 0]


def test_a_network_that_has_trained_before_takes_another_learning_rate(digits, tiny):
    skdigits.clear_cache()
    new = tiny(epochs=1, learning_rate=0.03).fit(*digits)
    skdigits.clear_cache()
    tiny(epochs=1, learning_rate=0.01).fit(*digits)
    assert same_weights(tiny(epochs=1, learning_rate=0.03).fit(*digits), new)
    assert len(TRACED_NETWORKS) == 1


@pytest.fixture
def traces(monkeypatch):
    """Names of the steps that are traced from now on."""
    traced = []
    for name in ("train_step", "test_step"):
        step = getattr(TracedNetwork, name)

        def count(self, key, name=name, step=step):
            traced.append(name)
            return step(self, key)

        monkeypatch.setattr(TracedNetwork, name, count)
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
    {"learning_rate_schedule": "cosine"},
    {"learning_rate_schedule": "one_cycle"},
    {"weight_decay": 0.5},
    {"dropout": 0.25},
    {"kernel_initializer": "orthogonal"},
    {"conv_dropout": 0},
    {"global_pooling": "max"},
    {"pool_after": ()},
]


def test_kinds_of_training_are_traced_anew_and_not_mixed_up(traces, digits, tiny, monkeypatch):
    monkeypatch.setattr(TRACED_NETWORKS, "size", len(CHANGES))
    fits = []
    for change in CHANGES:
        traces.clear()
        fits.append(tiny(epochs=1, **change).fit(*digits))
        assert "train_step" in traces, change
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
    "warmup_fraction": 0.6,
    "beta_2": 0.9,
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
    changes = [{}, *({name: value} for name, value in NUMBERS.items())]

    def fit(change):
        return tiny(**{**options, **change}).fit(*digits)

    together = [fit(change) for change in changes]
    assert len(traces) == 1
    assert len({clf.predict_proba(digits[0]).tobytes() for clf in together}) == len(changes)
    for change, clf in zip(changes, together, strict=True):
        skdigits.clear_cache()
        alone = fit(change)
        assert same_weights(alone, clf), change
        assert alone.history_ == clf.history_, change


def test_a_saved_network_has_the_rates_of_its_fit(digits, tiny, tmp_path):
    for rate in (0.25, 0.75):
        checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "of_{epoch}.keras")
        tiny(epochs=1, conv_dropout=0, dropout=rate, callbacks=[checkpoint]).fit(*digits)
        saved = keras.saving.load_model(tmp_path / "of_1.keras")
        assert [x.rate for x in saved.layers if isinstance(x, keras.layers.Dropout)] == [rate]


def test_a_batch_may_be_larger_than_any_rows(digits, tiny):
    many, more = (tiny(epochs=1, batch_size=size).fit(*digits) for size in (10**6, 10**12))
    assert same_weights(many, more)


@pytest.mark.parametrize(
    "go_on",
    [
        lambda clf, X, y: clf.partial_fit(X, y),
        lambda clf, X, y: clf.set_params(warm_start=True).fit(X, y),
    ],
    ids=["partial_fit", "warm_start"],
)
def test_fits_in_between_do_not_touch_an_earlier_classifier(go_on, digits, tiny):
    X, y = digits
    undisturbed = go_on(tiny(epochs=2).fit(X, y), X, y)
    clf = tiny(epochs=2).fit(X, y)
    probabilities, weights = clf.predict_proba(X), tiny(epochs=2).fit(X, y).model_.get_weights()
    tiny(epochs=1, random_state=5).fit(X[:200], y[:200])
    tiny(epochs=3, random_state=6, learning_rate=0.1, early_stopping=True).fit(X[::-1], y[::-1])
    np.testing.assert_array_equal(clf.predict_proba(X), probabilities)
    assert same_values(clf.model_.get_weights(), weights)
    go_on(clf, X, y)
    assert same_weights(clf, undisturbed)
    assert clf.history_ == undisturbed.history_


def test_classifiers_that_take_turns_train_as_each_alone(digits, tiny):
    X, y = digits
    alone = [tiny(epochs=3, random_state=seed).fit(X, y) for seed in (1, 2)]
    in_turns = [tiny(epochs=1, random_state=seed).fit(X, y) for seed in (1, 2)]
    for _ in range(2):
        for clf in in_turns:
            clf.partial_fit(X, y)
    assert same_weights(in_turns[0], alone[0])
    assert same_weights(in_turns[1], alone[1])


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


@pytest.mark.parametrize("n_rows", [1, 2, 5])
@pytest.mark.usefixtures("in_parts")
def test_a_minibatch_may_have_fewer_rows_than_parts(n_rows, digits, tiny):
    X, y = (values[:n_rows] for values in digits)
    clf = tiny(batch_normalization=True, augment="affine", epochs=2)
    clf.partial_fit(X, y, classes=range(10))
    assert np.isfinite(clf.predict_proba(digits[0])).all()
    assert all(np.isfinite(weights).all() for weights in clf.model_.get_weights())


@pytest.mark.usefixtures("in_parts")
def test_each_part_has_random_draws_of_its_own(tiny):
    tiny(dropout=0.5).fit(np.ones((2, 64)), [0, 1])
    network = TRACED_NETWORKS._idle[-1][1]
    images = np.ones((4, 8, 8, 1), np.float32)
    trained, predicted = (network(images, training=training).numpy() for training in (True, False))
    assert len({image.tobytes() for image in trained}) == 4
    assert len({image.tobytes() for image in predicted}) == 1


def test_small_networks_train_on_a_minibatch_as_a_whole(digits):
    def parts(**parameters):
        skdigits.DigitCNNClassifier(epochs=1, **parameters).fit(digits[0][:64], digits[1][:64])
        return TRACED_NETWORKS._idle[-1][1]._n_parts

    assert parts(filters=(8, 16), batch_size=16) == 1
    assert parts(batch_size=64) == 2
    assert parts(batch_size=128) == 4


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
    assert {*traces} == {"train_step", "test_step"}
    traces.clear()
    tiny(epochs=3, random_state=1, learning_rate=0.1).fit(X[:301], y[:301])
    tiny(epochs=2, early_stopping=True).fit(X[:301], y[:301])
    tiny(epochs=1, class_weight="balanced", temperature=0.5).fit(X[:37], y[:37])
    clf.partial_fit(X[:5], y[:5])
    assert traces == []


def test_the_rows_are_let_go_after_a_fit(digits, tiny):
    tiny(epochs=1, validation_fraction=0.2).fit(*digits)
    network = TRACED_NETWORKS._idle[-1][1]
    for rows in (network._rows, network._validation_rows):
        assert [len(values) for values in rows.tensors()] == [0, 0, 0]


def test_a_learning_rate_schedule_takes_effect_and_ends_with_its_fit(digits, tiny):
    def fit(**parameters):
        return tiny(batch_normalization=False, **parameters).fit(*digits)

    plain = fit(epochs=3)
    stand_still = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * (epoch < 1))
    assert same_weights(fit(epochs=3, callbacks=[stand_still]), fit(epochs=1))
    assert same_weights(fit(epochs=3), plain)


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


def test_a_backup_does_not_change_where_the_next_fit_begins(digits, tiny, tmp_path):
    plain = tiny(epochs=2).fit(*digits)
    backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"), delete_checkpoint=False)
    tiny(epochs=1, callbacks=[backup]).fit(*digits)
    tiny(epochs=2, callbacks=[backup]).fit(*digits)  # begins behind the first epoch
    again = tiny(epochs=2).fit(*digits)
    assert again.n_iter_ == 2
    assert same_weights(again, plain)


def test_an_augmented_epoch_sees_other_images_than_the_one_before(digits, tiny):
    seen = []

    class Note(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            layer = self.model.layers[0]
            assert isinstance(layer, RandomAffine)
            self.state = layer.seed_generator.state

        def on_epoch_end(self, epoch, logs=None):
            seen.append(tuple(self.state.numpy().tolist()))

    fits = [tiny(epochs=2, augment="affine", callbacks=[Note()]).fit(*digits) for _ in range(2)]
    assert same_weights(*fits)
    steps = -(-500 // 16)
    assert [state[1] for state in seen] == [steps, 2**32 + steps] * 2
    assert not same_weights(fits[0], tiny(epochs=2).fit(*digits))


def test_validation_rows_are_not_augmented(digits, tiny):
    options = {"epochs": 1, "validation_fraction": 0.2, "learning_rate": 1e-9}
    options |= {"batch_normalization": False}
    plain, augmented = (tiny(**options, augment=a).fit(*digits).history_ for a in (None, "affine"))
    assert augmented["loss"] != plain["loss"]
    np.testing.assert_allclose(augmented["val_loss"], plain["val_loss"], rtol=1e-5)


def test_keys_go_on_where_an_earlier_training_ended():
    def keys(seed, epochs):
        return [key.tolist() for key in epoch_keys(seed, epochs).as_numpy_iterator()]

    assert keys(7, range(2)) + keys(7, range(2, 5)) == keys(7, range(5))
    assert keys(7, range(2)) != keys(8, range(2))
    assert len({tuple(key) for key in keys(7, range(5))}) == 5


def test_the_classifiers_network_is_compiled_with_the_state_of_training(digits, tiny):
    clf = tiny(epochs=2, batch_normalization=True).fit(*digits)
    assert clf.model_.compiled
    assert type(clf.model_.optimizer) is keras.optimizers.Adam
    state = clf.pipeline_["network"].state_
    assert same_values(clf.model_.get_weights(), state.weights)
    assert same_values([v.numpy() for v in clf.model_.optimizer.variables], state.optimizer)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "adamax", "nadam", "sgd"])
def test_the_classifiers_network_has_the_optimizer_asked_for(optimizer, digits, tiny):
    clf = tiny(epochs=1, optimizer=optimizer, beta_2=0.9, weight_decay=0.05).fit(*digits)
    assert type(clf.model_.optimizer) is type(keras.optimizers.get(optimizer))
    config = clf.model_.optimizer.get_config()
    assert config["weight_decay"] == 0.05
    assert config.get("beta_2", 0.9) == 0.9
    state = clf.pipeline_["network"].state_
    assert same_values([v.numpy() for v in clf.model_.optimizer.variables], state.optimizer)


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


def test_a_forked_child_predicts_what_its_parent_does(run_python):
    code = """
import os
import numpy as np
from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
X, y = load_optdigits(return_X_y=True)
clf = DigitCNNClassifier(filters=(4, 4), epochs=1, random_state=0).fit(X[:99], y[:99])
receive, send = os.pipe()
child = os.fork()
if child == 0:
    import signal
    signal.alarm(30)
    with open(send, "wb") as pipe:
        pipe.write(clf.predict_proba(X[:50]).tobytes())
    os._exit(0)
os.close(send)
with open(receive, "rb") as pipe:
    sent = pipe.read()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(np.array_equal(np.frombuffer(sent).reshape(50, 10), clf.predict_proba(X[:50])))
"""
    assert run_python(code).split() == ["0", "True"]


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
