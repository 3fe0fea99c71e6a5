"""Keras callbacks: what they see of the network, and what a fit leaves of them."""

import copy
import gc
import pickle
import weakref

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from skdigits._tensorflow import tf


@pytest.fixture
def few(digits):
    X, y = digits
    return X[:120], y[:120]


def keras_callbacks(folder):
    callbacks = keras.callbacks
    return [
        callbacks.BackupAndRestore(folder / "backup"),
        callbacks.CSVLogger(folder / "log.csv"),
        callbacks.EarlyStopping("loss"),
        callbacks.History(),
        callbacks.ModelCheckpoint(folder / "network.keras"),
        callbacks.ProgbarLogger(),
        callbacks.ReduceLROnPlateau("loss"),
        callbacks.TerminateOnNaN(),
    ]


def test_with_each_callback_of_keras_the_classifier_can_be_copied_after_a_fit(few, tiny, tmp_path):
    clf = tiny(epochs=2, callbacks=keras_callbacks(tmp_path)).fit(*few)
    pickle.loads(pickle.dumps(clf))
    copy.deepcopy(clf)
    for again in (clone(clf).fit(*few), clf.fit(*few)):
        assert (tmp_path / "log.csv").read_text().count("\n") == 3
        pickle.dumps(again)
    assert len(cross_val_score(clf, *few, cv=2, error_score="raise")) == 2


def test_tensorboard_too(few, tiny, tmp_path):
    pytest.importorskip("tensorboard")
    board = keras.callbacks.TensorBoard(tmp_path, histogram_freq=1, write_images=True)
    clf = tiny(epochs=2, callbacks=[board]).fit(*few)
    assert [*(tmp_path / "train").iterdir()]
    pickle.dumps(clf)
    clone(clf).fit(*few)
    gc.collect()
    with tf.GradientTape() as tape:  # TensorFlow itself is as it was
        total = tf.reduce_sum(weight := tf.Variable([1.0, 2.0]))
    assert tape.gradient(total, weight).numpy().tolist() == [1, 1]


@pytest.mark.parametrize("epochs", [10**9, 10**20])
def test_any_number_of_epochs_may_be_left_to_a_callback_to_end(few, tiny, epochs):
    stop = keras.callbacks.EarlyStopping("loss", min_delta=100, patience=1)
    schedule = {"learning_rate_schedule": "cosine"}  # depends on the number of epochs
    assert tiny(epochs=epochs, callbacks=[stop], **schedule).fit(*few).n_iter_ == 2


def test_what_a_callback_has_recorded_stays(few, tiny):
    class Record(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.epochs = []
            self.lock = (x for x in [])  # no copy can be made of it

        def on_epoch_end(self, epoch, logs=None):
            self.epochs.append(logs["loss"])

    record = Record()
    clf = tiny(epochs=2, callbacks=[record]).fit(*few)
    assert record.epochs == clf.history_["loss"]
    assert not hasattr(record, "lock")
    assert record.model is None


def test_nothing_keeps_the_classifier_and_its_rows_once_they_are_let_go(few, tiny):
    X, y = few[0].astype(np.float32), few[1]
    clf = tiny(epochs=1, callbacks=[keras.callbacks.History()]).fit(X, y)
    alive = [weakref.ref(clf), weakref.ref(X)]
    gc.disable()  # at once, not at the next collection
    try:
        del clf, X
        assert [thing() for thing in alive] == [None, None]
    finally:
        gc.enable()


class Look(keras.callbacks.Callback):
    """Evaluate and predict rows after each epoch."""

    def __init__(self, X, y):
        super().__init__()
        self.X, self.y = X, y
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        values = self.model.evaluate(self.X, self.y, verbose=0, return_dict=True)
        self.seen.append((values, self.model.predict(self.X, verbose=0)))


@pytest.mark.parametrize("as_images", [False, True])
def test_a_callback_evaluates_and_predicts_the_rows_it_is_given(digits, tiny, as_images):
    X, y = digits
    letters = np.array([*"abcdefghij"])[y]
    rows, own = (X[:120], letters[:120]), (X[120:200], letters[120:200])
    look = Look(own[0].reshape(-1, 8, 8, 1) if as_images else own[0], own[1])
    options = {"epochs": 2, "label_smoothing": 0.1, "batch_normalization": True}
    clf = tiny(callbacks=[look], **options).fit(*rows, X_val=own[0], y_val=own[1])
    for epoch, (values, _) in enumerate(look.seen):
        for name in ("loss", "accuracy"):
            expected = pytest.approx(clf.history_[f"val_{name}"][epoch], rel=1e-5)
            assert values[name] == expected
    np.testing.assert_allclose(look.seen[-1][1], clf.predict_proba(own[0]), atol=1e-5)
    # It looks on: the same network comes of it.
    plain = tiny(**options).fit(*rows)
    np.testing.assert_array_equal(plain.predict_proba(X), clf.predict_proba(X))


def test_a_callback_cannot_train_other_rows(few, tiny):
    class Train(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.train_on_batch(*few)

    with pytest.raises(NotImplementedError, match="cannot train the network of a running fit"):
        tiny(callbacks=[Train()]).fit(*few)


class OwnSchedule(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 1e-6


LEARNING_RATE_CALLBACKS = [
    keras.callbacks.LearningRateScheduler(lambda epoch, rate: 1e-6),
    keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=10),
    OwnSchedule(),
]


@pytest.mark.parametrize("callback", LEARNING_RATE_CALLBACKS, ids=lambda x: type(x).__name__)
def test_a_learning_rate_that_a_schedule_replaces_is_warned_of_once(few, tiny, callback):
    clf = tiny(epochs=4, learning_rate_schedule="one_cycle", callbacks=[callback])
    with pytest.warns(UserWarning, match="learning rate") as caught:
        clf.fit(*few)
    (warning,) = [x for x in caught if x.category is UserWarning]
    assert type(callback).__name__ in str(warning.message)
    assert 'learning_rate_schedule="constant"' in str(warning.message)
    assert warning.filename == __file__


@pytest.mark.filterwarnings("error::UserWarning")
def test_no_warning_where_such_a_callback_has_an_effect_or_there_is_none(few, tiny):
    tiny(epochs=3, callbacks=[OwnSchedule()]).fit(*few)
    tiny(epochs=3, learning_rate_schedule="one_cycle", callbacks=[Look(*few)]).fit(*few)
    clf = tiny(epochs=1, learning_rate_schedule="one_cycle").fit(*few)
    clf.set_params(callbacks=[OwnSchedule()]).partial_fit(*few)  # whose rate is constant
