"""A fit with a checkpoint that is cut off, by kill -9 too, goes on to the same network."""

import _thread
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from inspect import getsource

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

SCHEDULED = {"learning_rate_schedule": "one_cycle", "augment": "affine", "optimizer": "adamw"}
STOPPING = {
    "early_stopping": True,
    "n_iter_no_change": 3,
    "validation_fraction": 0.2,
    "learning_rate": 0.03,
    "epochs": 40,
}


def outcome(clf, X):
    """All that training has made of a classifier, as bytes and text."""
    network = clf.pipeline_["network"]
    return {
        "weights": [w.tobytes().hex() for w in network.state_.weights],
        "optimizer": [w.tobytes().hex() for w in network.state_.optimizer],
        "history": {name: [value.hex() for value in v] for name, v in clf.history_.items()},
        "n_iter": clf.n_iter_,
        "temperature": clf.temperature_,
        "probabilities": clf.predict_proba(X).tobytes().hex(),
    }


class CutOff(Exception):  # noqa: N818
    pass


class CutOffAt(keras.callbacks.Callback):
    """Raise at the start of an epoch, or, past the last one, at the end of training."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append(epoch)
        if epoch == self.epoch:
            raise CutOff

    def on_train_end(self, logs=None):
        if self.epoch == "end":
            raise CutOff


def cut_off(clf, X, y, at, **fit_parameters):
    callback = CutOffAt(at)
    with pytest.raises(CutOff):
        clone(clf).set_params(callbacks=[callback]).fit(X, y, **fit_parameters)
    return callback.seen


@pytest.fixture
def few(digits):
    return digits[0][:160], digits[1][:160]


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({}, marks=pytest.mark.slow),
        {**SCHEDULED, "temperature": "validation"},
        {
            "learning_rate_schedule": "cosine",
            "shuffle": False,
            "class_weight": "balanced",
            "optimizer": "nadam",
            "validation_fraction": 0.2,
            "batch_normalization": True,
        },
        STOPPING,
        pytest.param({**STOPPING, "restore_best_weights": False}, marks=pytest.mark.slow),
    ],
    ids=["constant", "one_cycle", "cosine", "stopping", "stopping_at_the_last"],
)
def test_the_rest_of_a_fit_is_as_if_it_had_not_been_cut_off(parameters, few, tiny, tmp_path):
    clf = tiny(**{"epochs": 4, **parameters})
    weights = np.random.default_rng(0).integers(0, 3, len(few[1]))
    whole = clone(clf).fit(*few, weights)
    clf.set_params(checkpoint=tmp_path)
    last = whole.n_iter_ - 1
    assert cut_off(clf, *few, at=last, sample_weight=weights) == list(range(last + 1))
    assert len(list(tmp_path.iterdir())) == 1
    assert cut_off(clf, *few, at="end", sample_weight=weights) == [last]
    clf.set_params(callbacks=[after_all := CutOffAt(None)]).fit(*few, weights)
    assert after_all.seen == []  # nothing was left to train
    assert outcome(clf, few[0]) == outcome(whole, few[0])
    assert list(tmp_path.iterdir()) == []


def test_early_stopping_was_cut_off_behind_the_best_epoch(few, tiny):
    """Else the test above would not show that the best weights are kept."""
    losses = tiny(**STOPPING).fit(*few).history_["val_loss"]
    assert len(losses) < 40
    assert np.argmin(losses) == len(losses) - 4


def test_a_checkpoint_changes_nothing_about_a_fit(few, tiny, tmp_path):
    clf = tiny(epochs=2)
    with_checkpoint = clone(clf).set_params(checkpoint=str(tmp_path / "new")).fit(*few)
    assert outcome(with_checkpoint, few[0]) == outcome(clf.fit(*few), few[0])
    assert list((tmp_path / "new").iterdir()) == []


def test_a_warm_start_goes_on_from_where_it_was(few, tiny, tmp_path):
    def first():
        clf = tiny(epochs=2, warm_start=True, **SCHEDULED).fit(*few)
        return clf.set_params(epochs=3, checkpoint=tmp_path)

    whole = first().set_params(checkpoint=None).fit(*few)
    clf = first().set_params(callbacks=[CutOffAt(4)])
    with pytest.raises(CutOff):
        clf.fit(*few)
    assert clf.n_iter_ == 2
    again = first().fit(*few)  # as another process would
    assert outcome(again, few[0]) == outcome(whole, few[0])
    with pytest.raises(CutOff):
        (same := first().set_params(callbacks=[CutOffAt(3)])).fit(*few)
    same.set_params(callbacks=None).fit(*few)
    assert outcome(same, few[0]) == outcome(whole, few[0])


def test_a_warm_start_from_elsewhere_begins_anew(few, tiny, tmp_path):
    clf = tiny(epochs=2, warm_start=True, checkpoint=tmp_path)
    cut_off(clf, *few, at=1)
    clf.set_params(checkpoint=None).fit(*few).set_params(checkpoint=tmp_path)
    assert clf.fit(*few).n_iter_ == 4
    assert outcome(clf, few[0]) == outcome(tiny(epochs=4).fit(*few), few[0])
    assert len(list(tmp_path.iterdir())) == 1  # of the first fit


class FixedSeed(np.random.RandomState):
    """A generator that draws one seed."""

    def __init__(self, seed):
        super().__init__(0)
        self.fixed = seed

    def randint(self, *args, **kwargs):
        return self.fixed


def test_without_a_seed_the_files_seed_is_taken(few, tiny, tmp_path):
    clf = tiny(epochs=3, random_state=None, checkpoint=tmp_path, **SCHEDULED)
    cut_off(clf, *few, at=2)
    clf.fit(*few)
    assert clf.n_iter_ == 3
    seed = clf.pipeline_["network"].seed
    assert clf.pipeline_["network"].model__seed == seed
    whole = tiny(epochs=3, random_state=FixedSeed(seed), **SCHEDULED).fit(*few)
    assert outcome(clf, few[0]) == outcome(whole, few[0])
    assert clf.random_state is None
    assert clf.fit(*few).pipeline_["network"].seed != seed


def test_a_given_seed_does_not_find_the_file_of_another(few, tiny, tmp_path):
    for seed in (None, 1):
        cut_off(tiny(epochs=2, random_state=seed, checkpoint=tmp_path), *few, at=1)
    clf = tiny(epochs=2, checkpoint=tmp_path).fit(*few)
    assert outcome(clf, few[0]) == outcome(tiny(epochs=2).fit(*few), few[0])
    assert len(list(tmp_path.iterdir())) == 2


@pytest.fixture
def digest_of(few, monkeypatch):
    """Return the digest that names a fit's file, without fitting."""

    def digest_of(clf, X=few[0], y=few[1], sample_weight=None):
        digests = []

        def claim(folder, digest):
            digests.append(digest)
            raise CutOff

        monkeypatch.setattr("skdigits.training._fit.claim_checkpoint", claim)
        with pytest.raises(CutOff):
            clf.set_params(checkpoint="folder").fit(X, y, sample_weight)
        return digests[0]

    return digest_of


@pytest.mark.parametrize(
    "change",
    [
        {"filters": (9,)},
        {"dropout": 0.2},
        {"augment": "affine"},
        {"label_smoothing": 0.1},
        {"optimizer": "sgd"},
        {"learning_rate": 0.02},
        {"learning_rate_schedule": "cosine"},
        {"warmup_fraction": 0.2},
        {"beta_2": 0.9},
        {"weight_decay": 0.1},
        {"epochs": 4},
        {"batch_size": 8},
        {"shuffle": False},
        {"early_stopping": True},
        {"validation_fraction": 0.2},
        {"temperature": "validation"},
        {"class_weight": {3: 2}},
        {"random_state": 1},
        {"random_state": None},
    ],
    ids=str,
)
def test_another_fit_begins_anew(change, tiny, digest_of):
    assert digest_of(tiny(**change)) != digest_of(tiny())


def test_other_data_begin_anew(few, tiny, digest_of):
    X, y = few
    weights = np.arange(len(y))
    others = [
        digest_of(tiny(), X[1:], y[1:]),
        digest_of(tiny(), X + 1),
        digest_of(tiny(), y=np.roll(y, 1)),
        digest_of(tiny(), sample_weight=weights),
    ]
    assert len({digest_of(tiny()), *others}) == 5


def test_a_fit_without_a_seed_finds_its_file_again(tiny, digest_of):
    assert digest_of(tiny(random_state=None)) == digest_of(tiny(random_state=None))


def test_a_generator_counts_by_what_it_draws(tiny, digest_of):
    first, again = (np.random.RandomState(5) for _ in range(2))
    digest = digest_of(tiny(random_state=first))
    assert digest_of(tiny(random_state=again)) == digest
    assert digest_of(tiny(random_state=first)) != digest  # drawn from a second time


def test_what_does_not_matter_to_training_may_change(few, tiny, tmp_path):
    X, y = few
    cut_off(tiny(epochs=2, checkpoint=tmp_path), X, y, at=1)
    labels = np.array([f"digit {label}" for label in y])
    clf = tiny(epochs=2, checkpoint=str(tmp_path), temperature=0.5, callbacks=CutOffAt(None))
    clf.fit(X[::-1], labels[::-1])  # rows are sorted, where they are shuffled
    assert clf.callbacks.seen == [1]
    assert outcome(clf, X) == outcome(tiny(epochs=2, temperature=0.5).fit(X, y), X)


def test_a_damaged_file_is_named_and_the_fit_begins_anew(few, tiny, tmp_path):
    clf = tiny(epochs=2, checkpoint=tmp_path)
    cut_off(clf, *few, at=1)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.warns(UserWarning, match="begins anew: ") as caught:
        clf.fit(*few)
    assert file.name in str(caught[0].message)
    assert outcome(clf, few[0]) == outcome(tiny(epochs=2).fit(*few), few[0])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_refused_before_training(few, tiny, tmp_path):
    (tmp_path / "file").touch()
    clf = tiny(checkpoint=tmp_path / "file", callbacks=[callback := CutOffAt(0)])
    with pytest.raises(OSError, match="must be a folder that can be written to"):
        clf.fit(*few)
    assert callback.seen == []


def test_an_unusable_parameter_is_refused(few, tiny):
    with pytest.raises(ValueError, match="The 'checkpoint' parameter"):
        tiny(checkpoint=3).fit(*few)


def test_partial_fit_keeps_no_checkpoint(few, tiny, tmp_path):
    folder = tmp_path / "none"
    tiny(checkpoint=folder).partial_fit(*few, classes=range(10))
    assert not folder.exists()


class FillTheDisk(CutOffAt):
    def __init__(self, disk, epoch):
        super().__init__(epoch)
        self.path = disk / "fills"

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            with suppress(OSError), self.path.open("wb", buffering=0) as file:
                while file.write(bytes(1000)):
                    pass


def test_on_a_full_disk_a_fit_goes_on_and_the_last_epoch_that_was_written_is_kept(
    few, tiny, small_disk
):
    fills = FillTheDisk(small_disk, 2)
    clf = tiny(epochs=5, checkpoint=small_disk, callbacks=[fills])
    with pytest.warns(UserWarning, match=r"after epoch 3 \(No space left on device\)") as warned:
        clf.fit(*few)
    assert len(warned) == 1
    assert warned[0].filename == __file__
    whole = outcome(tiny(epochs=5).fit(*few), few[0])
    assert outcome(clf, few[0]) == whole
    fills.path.unlink()
    assert list(small_disk.iterdir()) == []

    clf.set_params(callbacks=[fills, CutOffAt(4)])
    with pytest.raises(CutOff), pytest.warns(UserWarning, match="No space left on device"):
        clf.fit(*few)
    fills.path.unlink()
    clf.set_params(callbacks=[rest := CutOffAt(None)]).fit(*few)
    assert rest.seen == [2, 3, 4]
    assert outcome(clf, few[0]) == whole


class PressCtrlC(CutOffAt):
    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append(epoch)
        if epoch == self.epoch:
            _thread.interrupt_main()


def test_an_interrupted_fit_is_kept_and_the_same_fit_goes_on(few, tiny, tmp_path):
    clf = tiny(epochs=5, checkpoint=tmp_path, **SCHEDULED)
    with pytest.raises(KeyboardInterrupt) as interrupt:
        clf.set_params(callbacks=[PressCtrlC(2)]).fit(*few)
    (file,) = tmp_path.iterdir()
    assert "the 2 finished of 5" in interrupt.value.__notes__[0]
    assert f"fit as before, which finds {str(file)!r}" in interrupt.value.__notes__[0]
    assert clf.n_iter_ == 2
    two = clf.predict_proba(few[0])
    # Interrupted once more, before an epoch of this process has finished.
    with pytest.raises(KeyboardInterrupt):
        clf.set_params(callbacks=[PressCtrlC(2)]).fit(*few)
    np.testing.assert_array_equal(clf.predict_proba(few[0]), two)
    assert clf.n_iter_ == 2
    with pytest.raises(KeyboardInterrupt):
        clf.set_params(callbacks=[PressCtrlC(4)]).fit(*few)
    clf.set_params(callbacks=[rest := CutOffAt(None)]).fit(*few)
    assert rest.seen == [4]
    assert outcome(clf, few[0]) == outcome(tiny(epochs=5, **SCHEDULED).fit(*few), few[0])
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_when_a_fit_is_taken_up_keeps_what_was_there(few, tiny, tmp_path):
    class PressCtrlCAtOnce(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            raise KeyboardInterrupt

    clf = tiny(epochs=3, checkpoint=tmp_path)
    cut_off(clf, *few, at=2)
    tiny(epochs=6, random_state=1).fit(*few)  # the traced network was elsewhere meanwhile
    with pytest.raises(KeyboardInterrupt):
        clf.set_params(callbacks=[PressCtrlCAtOnce()]).fit(*few)
    assert outcome(clf, few[0]) == outcome(tiny(epochs=2).fit(*few), few[0])


def test_an_interrupted_warm_start_is_told_how_to_go_on(few, tiny, tmp_path):
    clf = tiny(epochs=2, warm_start=True).fit(*few)
    clf.set_params(checkpoint=tmp_path, callbacks=[PressCtrlC(3)])
    with pytest.raises(KeyboardInterrupt) as interrupt:
        clf.fit(*few)
    assert "Call partial_fit, or fit with warm_start=True" in interrupt.value.__notes__[0]
    assert clf.n_iter_ == 3


def test_a_learning_rate_that_callbacks_have_set_is_kept(few, tiny, tmp_path):
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5)
    whole = tiny(epochs=4, callbacks=[schedule]).fit(*few)
    clf = tiny(epochs=4, checkpoint=tmp_path)
    with pytest.raises(CutOff):
        clone(clf).set_params(callbacks=[schedule, CutOffAt(2)]).fit(*few)
    clf.set_params(callbacks=[schedule]).fit(*few)
    assert outcome(clf, few[0]) == outcome(whole, few[0])
    assert len(set(clf.history_["learning_rate"])) == 4


def test_scikit_learns_callbacks_see_the_remaining_epochs(few, tiny, tmp_path):
    pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
    fitted = []

    class EachEpoch:
        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if context.task_name == "epoch":
                fitted.append((context.task_id, fitted_estimator.n_iter_))
            return context.task_name == "epoch" and fitted_estimator.n_iter_ == 4

    clf = tiny(epochs=6, checkpoint=tmp_path)
    cut_off(clf, *few, at=2)
    clf.set_callbacks(EachEpoch()).fit(*few)
    assert fitted == [(0, 3), (1, 4)]  # and it asked to stop
    assert outcome(clf, few[0]) == outcome(tiny(epochs=4).fit(*few), few[0])


def test_a_request_to_stop_is_remembered(few, tiny, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    clf = tiny(epochs=6, checkpoint=tmp_path)
    with pytest.raises(CutOff):
        clone(clf).set_params(callbacks=[Stop(), CutOffAt("end")]).fit(*few)
    assert clf.fit(*few).n_iter_ == 2


def test_the_line_of_progress_goes_on_from_there(few, tiny, tmp_path, monkeypatch):
    lines = []

    class Line(keras.callbacks.Callback):
        def __init__(self, epochs, *, shown, done):
            super().__init__()
            lines.append((epochs, done))

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

    monkeypatch.setattr("skdigits.training._fit.ProgressLine", Line)
    clf = tiny(epochs=3, checkpoint=tmp_path)
    cut_off(clf, *few, at=2)
    clf.fit(*few)
    assert lines == [(range(3), 0), (range(3), 2)]


def test_a_search_that_was_cut_off_goes_on_with_the_fit_in_progress(few, tiny, tmp_path):
    search = GridSearchCV(tiny(epochs=3), {"learning_rate": [0.01, 0.02]}, cv=2)
    plain = clone(search).fit(*few)
    search.set_params(estimator__checkpoint=tmp_path, error_score="raise")
    begun = []

    class CutOffInTheThirdFit(keras.callbacks.Callback):
        def __deepcopy__(self, memo):  # scikit-learn clones the estimator
            return self

        def on_epoch_begin(self, epoch, logs=None):
            begun.append(epoch)
            if len(begun) == 3 + 3 + 2:
                raise CutOff

    search.set_params(estimator__callbacks=[CutOffInTheThirdFit()])
    with pytest.raises(CutOff):
        search.fit(*few)
    search.fit(*few)
    assert begun == [0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 2, 0, 1, 2, 1, 2, 0, 1, 2, 0, 1, 2]
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(search.cv_results_[name], plain.cv_results_[name])
    assert outcome(search.best_estimator_, few[0]) == outcome(plain.best_estimator_, few[0])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.worker_processes
def test_folds_in_workers_share_a_folder(few, tiny, tmp_path):
    X, y = few
    alone = cross_val_score(tiny(epochs=2), X, y, cv=4)
    for random_state in (0, None):
        clf = tiny(epochs=2, random_state=random_state, checkpoint=tmp_path)
        scores = cross_val_score(clf, X, y, cv=4, n_jobs=2)
        assert list(tmp_path.iterdir()) == []
        if random_state == 0:
            np.testing.assert_array_equal(scores, alone)


# Forks before TensorFlow has run, so that a fit can be killed and begun anew in a moment.
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
        if self.moment == ["epoch", epoch]:
            kill()
        if self.moment == ["write", epoch]:
            Path.replace = lambda path, target: kill()  # all is written, and not yet renamed
        if self.moment == ["any time", epoch]:
            threading.Timer(random.uniform(0, 0.03), kill).start()
        if self.moment == ["any time", epoch - 2]:
            time.sleep(60)  # a busy machine may be late to kill, but not for the next moment

    def on_train_end(self, logs=None):
        if self.moment == ["end"]:
            kill()


def fit(parameters, moment):
    clf = DigitCNNClassifier(**parameters)
    if clf.warm_start:
        clf.set_params(epochs=2).fit(X, y)
    clf.set_params(epochs=parameters["epochs"], checkpoint=folder, callbacks=[KillAt(moment)])
    found = outcome(clf.fit(X, y), X)
    (folder.parent / "outcome.json").write_text(json.dumps(found))


def attempt(*arguments):
    process = os.fork()
    if process == 0:
        try:
            fit(*arguments)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


parameters, moments = json.loads(sys.argv[2])
statuses, files = [], []
for moment in [*moments, None]:
    statuses.append(attempt(parameters, moment))
    files.append(len(list(folder.glob("*.checkpoint"))))
print(json.dumps([statuses, files, os.listdir(folder)]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are killed")
@pytest.mark.parametrize(
    ("parameters", "moments"),
    [
        (SCHEDULED, [["any time", 1], ["write", 3], ["end"]]),
        pytest.param({}, [["epoch", 2], ["any time", 3], ["end"]], marks=pytest.mark.slow),
        pytest.param(STOPPING, [["epoch", 3], ["any time", 5], ["end"]], marks=pytest.mark.slow),
        pytest.param(
            {"warm_start": True, **SCHEDULED},
            [["any time", 3], ["epoch", 6], ["write", 7]],
            marks=pytest.mark.slow,
        ),
    ],
    ids=["one_cycle", "constant", "stopping", "warm_start"],
)
def test_a_fit_that_is_killed_again_and_again_ends_as_one_that_was_not(
    parameters, moments, few, tiny, tmp_path
):
    clf = tiny(**{"epochs": 6, **parameters})
    arguments = json.dumps([clf.get_params(), moments])
    if clf.warm_start:
        clf.set_params(epochs=2).fit(*few).set_params(epochs=6)
    whole = outcome(clf.fit(*few), few[0])
    done = subprocess.run(
        [sys.executable, "-c", getsource(outcome) + FORKS, tmp_path / "folder", arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    statuses, files, left = json.loads(done.stdout.splitlines()[-1])
    assert statuses == [-signal.SIGKILL] * len(moments) + [0], done.stderr
    assert files == [1] * len(moments) + [0]
    assert left == []
    assert json.loads((tmp_path / "outcome.json").read_text()) == whole


SEARCH = """
import os, sys, time
import numpy as np
from sklearn.model_selection import GridSearchCV
from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits

X, y = load_optdigits(return_X_y=True)
clf = DigitCNNClassifier(filters=(8,), epochs=25, random_state=0, checkpoint=sys.argv[1] or None)
search = GridSearchCV(clf, {"learning_rate": [0.01, 0.02]}, cv=3, n_jobs=2)
print("begins", flush=True)
search.fit(X[:300], y[:300])
np.save(sys.argv[2], [*search.cv_results_["mean_test_score"], *search.predict_proba(X).ravel()])
"""


@pytest.mark.slow
def test_a_search_that_is_killed_at_random_moments_ends_as_one_that_was_not(tmp_path):
    def start(folder, result):
        return subprocess.Popen(
            [sys.executable, "-c", SEARCH, folder, result],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that its workers can be killed with it
        )

    began = time.monotonic()
    with start("", tmp_path / "whole.npy") as process:
        assert process.wait(timeout=300) == 0
    lasts = time.monotonic() - began
    folder = tmp_path / "folder"
    rng, n_cut_off = np.random.default_rng(), 0
    for _ in range(10):
        with start(folder, tmp_path / "killed.npy") as process:
            process.stdout.readline()
            time.sleep(rng.uniform(0.1, 0.6) * lasts)
            os.killpg(process.pid, signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        n_cut_off += any(folder.glob("*.checkpoint"))
        if n_cut_off == 2:
            break
    assert n_cut_off == 2
    with start(folder, tmp_path / "killed.npy") as process:
        assert process.wait(timeout=300) == 0
    assert list(folder.glob("*.checkpoint")) == []
    np.testing.assert_array_equal(np.load(tmp_path / "killed.npy"), np.load(tmp_path / "whole.npy"))
