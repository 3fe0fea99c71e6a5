"""The line that shows the progress of a fit."""

import errno
import io
import re
import sys
import threading

import keras
import pytest
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from skdigits.training._progress import ProgressLine

NUMBER = r"\d\.\d{4}"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def make_terminal(monkeypatch):
    """Make a terminal of standard error; pytest would undo it before a test."""

    def make():
        monkeypatch.setattr(sys, "stderr", terminal := Terminal())
        return terminal

    return make


def test_on_a_terminal_one_line_is_updated_in_place(digits, tiny, make_terminal, capsys):
    terminal = make_terminal()
    silent, shown = (
        tiny(epochs=3, verbose=verbose, validation_fraction=0.2).fit(*digits) for verbose in (0, 1)
    )
    first, *_, last = terminal.getvalue().split("\r")[1:]
    values = rf"loss {NUMBER} accuracy {NUMBER} val {NUMBER} {NUMBER}"
    assert re.fullmatch(rf"epoch 1/3 {values} \d+\.\d s, \d+ s left *", first)
    assert re.fullmatch(rf"epoch 3/3 {values} \d+\.\d s, 0 s left *\n", last)
    assert len(first) <= 80
    assert capsys.readouterr().out == ""
    assert silent.history_ == shown.history_


def test_elsewhere_a_line_is_printed_for_each_epoch(digits, tiny, capfd):
    clf = tiny(epochs=2, verbose=1).fit(*digits)
    clf.partial_fit(*digits)
    out, err = capfd.readouterr()
    for line, epoch in zip(out.splitlines(), ("1/2", "2/2", "3/3"), strict=True):
        assert re.fullmatch(rf"epoch {epoch} loss {NUMBER} accuracy {NUMBER} \d+\.\d s", line)
    assert err == ""


@pytest.mark.worker_processes
def test_workers_print_lines_though_there_is_a_terminal(digits, tiny, make_terminal, capfd):
    terminal = make_terminal()
    get_reusable_executor().shutdown()  # workers of earlier tests print elsewhere
    Parallel(n_jobs=2)([delayed(tiny(epochs=1, verbose=1).fit)(*digits)])
    assert capfd.readouterr().out.count("epoch 1/1 loss ") == 1
    assert terminal.getvalue() == ""


def test_on_a_terminal_lines_are_printed_on_demand_only(digits, tiny, make_terminal, capsys):
    terminal = make_terminal()
    tiny(epochs=2, verbose=2).fit(*digits)
    assert "\nepoch 2/2 loss " in capsys.readouterr().out
    tiny(epochs=1).fit(*digits)
    assert capsys.readouterr().out == terminal.getvalue() == ""


class Console:
    """An object that an IDE puts in the place of standard output."""

    def write(self, text):
        pass


class FullTerminal(Console):
    def isatty(self):
        return True

    def flush(self):
        raise OSError(errno.ENOSPC, "No space left on device")


def closed():
    file = io.StringIO()
    file.close()
    return file


@pytest.mark.parametrize("make", [lambda: None, closed, Console, FullTerminal])
@pytest.mark.parametrize("verbose", [1, 2])
def test_progress_that_cannot_be_written_ends_no_fit(make, verbose, monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, make())
    with ProgressLine(range(1), verbose=verbose, done=0) as line:
        line.on_epoch_end(0, {"loss": 0.5})


@pytest.mark.parametrize("verbose", [1, 2])
def test_a_fit_may_have_no_standard_output(digits, tiny, monkeypatch, verbose):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    assert tiny(epochs=1, verbose=verbose).fit(*digits).n_iter_ == 1


def test_of_fits_in_threads_one_shows_its_line(digits, tiny, make_terminal):
    terminal = make_terminal()
    together = threading.Barrier(2, timeout=60)
    wait = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: together.wait())

    def fit(seed):
        tiny(epochs=3, verbose=1, callbacks=[wait], random_state=seed).fit(*digits)

    threads = [threading.Thread(target=fit, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert terminal.getvalue().count("epoch 3/3") == 1
    tiny(epochs=1, verbose=1).fit(*digits)  # the line is free again
    assert "epoch 1/1" in terminal.getvalue()
