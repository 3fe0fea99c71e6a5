"""A fit with a checkpoint that is cut off, also by kill -9, continues to the same network."""

import _thread
import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from inspect import getsource

import joblib
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from skdigits import save_model
from skdigits.training import NetworkState
from skdigits.training._checkpoint import FitState, claim_checkpoint, fit_digest

SCHEDULED = {"learning_rate_schedule": "one_cycle", "augment": "affine", "optimizer": "adamw"}
STOPPING = {
    "early_stopping": True,
    "n_iter_no_change": 3,
    "validation_fraction": 0.2,
    "learning_rate": 0.03,
    "epochs": 40,
}
DIGEST = fit_digest({"epochs": 3}, [np.arange(3)])


def outcome(clf, X):
    """All that training has made of a classifier, as bytes and text."""
    network = clf.pipeline_["network"]
    return {
        "weights": [w.tobytes().hex() for w in network.state_.weights],
        "optimizer": [w.tobytes().hex() for w in network.state_.optimizer],
        "history": {name: [value.hex() for value in v] for name, v in clf.history_.items()},
        "temperature": clf.temperature_,
        "probabilities": clf.predict_proba(X).tobytes().hex(),
    }


class CutOff(Exception):  # noqa: N818
    pass


class CutOffAt(keras.callbacks.Callback):
    """Raise, or press Ctrl-C, at the start of an epoch or, for "end", at the end of training."""

    def __init__(self, epoch, *, ctrl_c=False):
        super().__init__()
        self.epoch = epoch
        self.ctrl_c = ctrl_c
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append(epoch)
        if epoch == self.epoch:
            if not self.ctrl_c:
                raise CutOff
            _thread.interrupt_main()

    def on_train_end(self, logs=None):
        if self.epoch == "end":
            raise CutOff


def cut_off(clf, X, y, at):
    with pytest.raises(CutOff):
        clone(clf).set_params(callbacks=[callback := CutOffAt(at)]).fit(X, y)
    return callback.seen


@pytest.fixture
def few(digits):
    return digits[0][:160], digits[1][:160]


@pytest.mark.parametrize(
    "parameters",
    [
        {**SCHEDULED, "temperature": "validation", "epochs": 4},
        {"shuffle": False, "class_weight": "balanced", "optimizer": "nadam", "epochs": 4},
        STOPPING,
    ],
    ids=["one_cycle", "constant", "stopping"],
)
def test_the_rest_of_a_fit_is_as_if_it_had_not_been_cut_off(parameters, few, tiny, tmp_path):
    whole = tiny(**parameters).fit(*few)
    clf = tiny(**parameters, checkpoint=tmp_path)
    last = whole.n_iter_ - 1
    if clf.early_stopping:
        assert last < 39  # so that the best weights come from the file
    assert cut_off(clf, *few, at=last) == list(range(last + 1))
    assert cut_off(clf, *few, at="end") == [last]
    clf.set_params(callbacks=[after_all := CutOffAt(None)]).fit(*few)
    assert after_all.seen == []  # nothing was left to train
    assert outcome(clf, few[0]) == outcome(whole, few[0])
    assert list(tmp_path.iterdir()) == []


def test_a_warm_start_continues_from_its_own_file_only(few, tiny, tmp_path):
    def first(random_state=0):
        clf = tiny(epochs=2, warm_start=True, random_state=random_state).fit(*few)
        return clf.set_params(epochs=3, checkpoint=tmp_path)

    whole = first().set_params(checkpoint=None).fit(*few)
    with pytest.raises(CutOff):
        first().set_params(callbacks=[CutOffAt(4)]).fit(*few)
    first(1).set_params(callbacks=[other := CutOffAt(None)]).fit(*few)
    assert other.seen == [2, 3, 4]
    again = first().set_params(callbacks=[rest := CutOffAt(None)]).fit(*few)
    assert rest.seen == [4]
    assert outcome(again, few[0]) == outcome(whole, few[0])


def test_without_a_seed_the_seed_in_the_file_is_taken(few, tiny, tmp_path):
    clf = tiny(epochs=3, random_state=None, checkpoint=tmp_path)
    cut_off(clf, *few, at=2)
    seed = clf.set_params(callbacks=[rest := CutOffAt(None)]).fit(*few).pipeline_["network"].seed
    assert rest.seen == [2]

    class FixedSeed(np.random.RandomState):
        def randint(self, *args, **kwargs):
            return seed

    whole = tiny(epochs=3, random_state=FixedSeed()).fit(*few)
    assert outcome(clf, few[0]) == outcome(whole, few[0])


def test_other_parameters_or_samples_start_from_scratch(few, tiny, tmp_path):
    X, y = few
    cut_off(tiny(epochs=2, checkpoint=tmp_path), X, y, at=1)
    fits = [
        ({"learning_rate": 0.02}, X, y),
        ({"weight_decay": 0.1, "optimizer": "adamw"}, X, y),
        ({"early_stopping": True}, X, y),
        ({"random_state": 1}, X, y),
        ({"epochs": 3}, X, y),
        ({}, X + 1, y),
        ({}, X, np.roll(y, 1)),
    ]
    for parameters, *rows in fits:
        callback = CutOffAt(None)
        clf = tiny(**{"epochs": 2, "checkpoint": tmp_path, **parameters}, callbacks=callback)
        assert clf.fit(*rows).n_iter_ == clf.epochs == len(callback.seen), parameters
    assert len(list(tmp_path.iterdir())) == 1
    # Neither the temperature nor names of classes nor the order of the samples matter.
    names, rest = np.array([*"abcdefghij"])[y], CutOffAt(None)
    tiny(epochs=2, checkpoint=tmp_path, temperature=0.5, callbacks=rest).fit(X[::-1], names[::-1])
    assert rest.seen == [1]


def test_partial_fit_keeps_no_checkpoint(few, tiny, tmp_path):
    tiny(checkpoint=tmp_path / "none").partial_fit(*few, classes=range(10))
    assert not (tmp_path / "none").exists()


def test_an_interrupted_fit_is_kept_and_the_same_fit_continues(few, tiny, tmp_path):
    clf = tiny(epochs=5, checkpoint=tmp_path)
    for _ in range(2):  # the second time before an epoch of this call has finished
        clf.set_params(callbacks=[CutOffAt(2, ctrl_c=True)])
        with pytest.raises(KeyboardInterrupt) as interrupt:
            clf.fit(*few)
        (file,) = tmp_path.iterdir()
        assert str(file) in interrupt.value.__notes__[0]
        assert outcome(clf, few[0]) == outcome(tiny(epochs=2).fit(*few), few[0])
    clf.set_params(callbacks=[rest := CutOffAt(None)]).fit(*few)
    assert rest.seen == [2, 3, 4]
    assert outcome(clf, few[0]) == outcome(tiny(epochs=5).fit(*few), few[0])


def test_what_callbacks_have_set_is_kept(few, tiny, tmp_path):
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    stop = keras.callbacks.LambdaCallback()
    stop.on_epoch_end = lambda epoch, logs: setattr(stop.model, "stop_training", epoch == 2)
    whole = tiny(epochs=6, callbacks=[halve, stop]).fit(*few)
    clf = tiny(epochs=6, checkpoint=tmp_path)
    for at in (2, "end"):
        with pytest.raises(CutOff):
            clf.set_params(callbacks=[halve, stop, CutOffAt(at)]).fit(*few)
    clf.set_params(callbacks=[rest := CutOffAt(None)]).fit(*few)
    assert rest.seen == []
    assert outcome(clf, few[0]) == outcome(whole, few[0])


def test_fits_side_by_side_share_a_folder(few, tiny, tmp_path):
    alone = cross_val_score(tiny(epochs=2), *few, cv=4)
    clf = tiny(epochs=2, checkpoint=tmp_path)
    with joblib.parallel_config(backend="threading"):
        np.testing.assert_array_equal(cross_val_score(clf, *few, cv=4, n_jobs=2), alone)
    assert list(tmp_path.iterdir()) == []


def a_state(seed=7):
    rng = np.random.default_rng(seed)
    return FitState(
        seed=seed,
        logs=[{"loss": 0.1 + 0.2}, {"loss": float("nan"), "rate": np.float32(0.5)}],
        is_stopped=False,
        network=NetworkState([rng.normal(size=(3, 2)).astype(np.float32)], [np.array(5, np.int64)]),
        best_weights=[np.full(2, np.inf, np.float32)],
    )


def leave_behind(folder, digest=DIGEST):
    """Write a state, as a fit does that is then killed."""
    with claim_checkpoint(folder, digest) as file:
        file.write(a_state())
    return file.path


def read(folder):
    with claim_checkpoint(folder, DIGEST) as file:
        return file.read()


def test_what_is_written_is_read_bit_for_bit(tmp_path):
    leave_behind(tmp_path)
    found, written = read(tmp_path), a_state()
    assert repr(found.logs) == "[{'loss': 0.30000000000000004}, {'loss': nan, 'rate': 0.5}]"
    assert (found.seed, found.is_stopped) == (7, False)
    for mine, theirs in zip(
        [*found.network.weights, *found.network.optimizer, *found.best_weights],
        [*written.network.weights, *written.network.optimizer, *written.best_weights],
        strict=True,
    ):
        assert (mine.dtype, mine.tobytes()) == (theirs.dtype, theirs.tobytes())


def test_the_same_fit_twice_at_a_time_has_two_files(tmp_path):
    with ExitStack() as both:
        files = [both.enter_context(claim_checkpoint(tmp_path, DIGEST)) for _ in range(2)]
        files[1].write(a_state(2))
    assert files[0].path != files[1].path
    assert read(tmp_path).seed == 2  # the file that was left, not the first free name


def test_leftovers_of_a_killed_process_are_removed(tmp_path):
    path = leave_behind(tmp_path)
    path.with_suffix(".lock").touch()
    path.with_name(f"{path.name}.0-1-2.part").write_bytes(b"half")
    assert read(tmp_path) is not None
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
        lambda data: b"\x80\x04K\x01.",  # a pickle
        lambda data: b"",
    ],
    ids=["cut", "altered", "pickle", "empty"],
)
def test_a_damaged_file_is_named_and_replaced(damage, few, tiny, tmp_path):
    path = leave_behind(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(UserWarning, match="starts from scratch") as caught:
        assert read(tmp_path) is None
    assert path.name in str(caught[0].message)
    leave_behind(tmp_path)
    assert read(tmp_path) is not None


def test_a_file_of_another_fit_or_of_a_model_is_not_used(tmp_path, small_classifier):
    other = fit_digest({"epochs": 4}, [])
    path = leave_behind(tmp_path, other)
    own = path.rename(tmp_path / path.name.replace(other[:32], DIGEST[:32]))
    for _ in range(2):
        with pytest.warns(UserWarning, match="belongs to another fit"):
            assert read(tmp_path) is None
        save_model(small_classifier, own)


def test_a_path_that_cannot_be_a_folder_is_refused_before_training(few, tiny, tmp_path):
    (tmp_path / "file").touch()
    clf = tiny(checkpoint=tmp_path / "file", callbacks=[callback := CutOffAt(0)])
    with pytest.raises(OSError, match="must be a folder that can be written to"):
        clf.fit(*few)
    assert callback.seen == []


def test_on_a_full_disk_a_fit_continues_with_one_warning(few, tiny, small_disk):
    class FillTheDisk(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                with suppress(OSError), (small_disk / "fills").open("wb", buffering=0) as file:
                    while file.write(bytes(1000)):
                        pass

    clf = tiny(epochs=5, checkpoint=small_disk, callbacks=[FillTheDisk()])
    with pytest.warns(UserWarning, match="after epoch 3 .No space left") as warned:
        clf.fit(*few)
    assert [warning.filename for warning in warned] == [__file__]
    assert outcome(clf, few[0]) == outcome(tiny(epochs=5).fit(*few), few[0])


# Fork before TensorFlow has run, so that a fit can be killed and repeated in a moment.
FORKS = """
import json, os, random, signal, sys, threading, time, traceback
from pathlib import Path

import keras
import numpy as np

import skdigits.training._fit
from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits

X, y = load_optdigits(return_X_y=True)
X, y = X[:160], y[:160]
folder = Path(sys.argv[1])


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


class KillAt(keras.callbacks.Callback):
    def __init__(self, moment):
        super().__init__()
        self.moment = moment

    def on_epoch_begin(self, epoch, logs=None):
        if self.moment == ["write", epoch]:
            Path.replace = lambda path, target: kill()  # all is written, and not yet renamed
        if self.moment == ["any time", epoch]:
            threading.Timer(random.uniform(0, 0.03), kill).start()
        if self.moment == ["any time", epoch - 2]:
            time.sleep(60)  # a busy machine may be late to kill

    def on_train_end(self, logs=None):
        if self.moment == ["end"]:
            kill()


statuses, files = [], []
for moment in [["any time", 1], ["write", 3], ["end"], None]:
    process = os.fork()
    if process == 0:
        try:
            clf = DigitCNNClassifier(**json.loads(sys.argv[2]), checkpoint=folder)
            clf.set_params(callbacks=[KillAt(moment)])
            found = outcome(clf.fit(X, y), X)
            (folder.parent / "outcome.json").write_text(json.dumps(found))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
    files.append(len(list(folder.glob("*.checkpoint"))))
print(json.dumps([statuses, files, os.listdir(folder)]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are killed")
def test_a_fit_that_is_killed_repeatedly_ends_as_one_that_was_not(few, tiny, tmp_path):
    clf = tiny(epochs=6, **SCHEDULED)
    parameters = {name: v for name, v in clf.get_params().items() if name != "checkpoint"}
    whole = outcome(clf.fit(*few), few[0])
    code = getsource(outcome) + FORKS
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "folder", json.dumps(parameters)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    statuses, files, left = json.loads(done.stdout.splitlines()[-1])
    assert statuses == [-signal.SIGKILL] * 3 + [0], done.stderr
    assert files == [1, 1, 1, 0]
    assert left == []
    assert json.loads((tmp_path / "outcome.json").read_text()) == whole
