"""The line that shows how far a fit has come."""

import io
import re
import sys
import threading

import keras
import pytest
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from rich.console import Console
from rich.file_proxy import FileProxy

from skdigits.training._progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def make_terminal(monkeypatch):
    """Make a terminal, 80 columns wide, of standard error; pytest would undo it before a test."""

    def make():
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("TERM", "xterm")
        return terminal

    return make


def lines(output):
    """What has been on the screen, one after the other, without colours."""
    plain = re.sub(r"\x1b\[\??[0-9;]*[a-zA-Z]", "\n", re.sub(r"\x1b\[[0-9;]*m", "", output))
    return [line.strip() for line in re.split(r"[\r\n]+", plain) if line.strip()]


def a_console():
    return Console(file=io.StringIO(), force_terminal=True, width=100)


LOGS = {"loss": 0.51234, "accuracy": 0.9, "val_loss": 0.41, "val_accuracy": 0.95}


def test_the_line_shows_epoch_loss_accuracy_and_times():
    console = a_console()
    with ProgressLine(range(3), shown=True, console=console) as line:
        line.on_epoch_end(0, {"loss": 1.5, "accuracy": 0.25})
        line.on_epoch_end(1, {"loss": 0.5, "accuracy": 0.75})
    shown = lines(console.file.getvalue())
    assert re.fullmatch(r"epoch 1/3 \S+ +0:00:00 left --:--", shown[0])
    assert re.fullmatch(r"epoch 3/3 \S+ loss 0.5000 accuracy 0.7500 0:00:00 left \S+", shown[-1])


def test_the_line_shows_validation_values_and_fits_80_columns():
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with ProgressLine(range(100), shown=True, console=console) as line:
        line.on_epoch_end(98, LOGS)
    last = lines(console.file.getvalue())[-1]
    assert "epoch 100/100 " in last
    assert "loss 0.5123 accuracy 0.9000 val 0.4100 0.9500 0:00:00 left --:--" in last
    assert len(last) <= 80


def test_the_line_stays_in_place():
    console = a_console()
    with ProgressLine(range(5), shown=True, console=console) as line:
        for epoch in range(5):
            line.on_epoch_end(epoch, LOGS)
    assert console.file.getvalue().count("\n") == 1  # at the end


def test_epochs_are_counted_from_the_very_first():
    console = a_console()
    with ProgressLine(range(4, 6), shown=True, console=console) as line:
        line.on_epoch_end(4, LOGS)
    assert lines(console.file.getvalue())[-1].startswith("epoch 6/6 ")


def test_one_that_is_not_to_be_shown_is_not():
    console = a_console()
    with ProgressLine(range(1), shown=False, console=console) as line:
        line.on_epoch_end(0, LOGS)
    assert console.file.getvalue() == ""


def test_the_second_of_two_at_once_is_not_shown():
    consoles = a_console(), a_console(), a_console()
    first, second, third = (
        ProgressLine(range(1), shown=True, console=console) for console in consoles
    )
    with first, second:
        first.on_epoch_end(0, LOGS)
        second.on_epoch_end(0, LOGS)
    with third:
        third.on_epoch_end(0, LOGS)
    assert ["loss" in console.file.getvalue() for console in consoles] == [True, False, True]


def test_an_error_gives_the_screen_back():
    for _ in range(2):
        console = a_console()
        with (
            pytest.raises(KeyboardInterrupt),
            ProgressLine(range(1), shown=True, console=console),
        ):
            raise KeyboardInterrupt
        assert "epoch 1/1" in console.file.getvalue()


def test_verbose_1_is_one_line_on_standard_error(digits, tiny, make_terminal, capsys):
    terminal = make_terminal()
    tiny(epochs=3, verbose=1, validation_fraction=0.2).fit(*digits)
    shown = lines(terminal.getvalue())
    assert shown[-1].startswith("epoch 3/3 ")
    assert re.search(r"loss \d\.\d{4} accuracy \d\.\d{4} val \d\.\d{4} \d\.\d{4}", shown[-1])
    assert terminal.getvalue().count("\n") == 1
    assert capsys.readouterr().out == ""
    assert sys.stderr is terminal


@pytest.mark.parametrize("environment", [{}, {"FORCE_COLOR": "1"}])
def test_verbose_1_prints_a_line_for_each_epoch_where_there_is_no_terminal(
    environment, digits, tiny, capfd, monkeypatch
):
    tiny(epochs=1).fit(*digits)  # traced
    capfd.readouterr()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    clf = tiny(epochs=2, verbose=1).fit(*digits)
    clf.partial_fit(*digits)
    out, err = capfd.readouterr()
    number = r"\d\.\d{4}"
    for line, epoch in zip(out.splitlines(), ("1/2", "2/2", "3/3"), strict=True):
        assert re.fullmatch(rf"epoch {epoch} loss {number} accuracy {number} \d+\.\d s", line)
    assert err == ""


def test_workers_print_lines_though_there_is_a_terminal(digits, tiny, make_terminal, capfd):
    terminal = make_terminal()
    get_reusable_executor().shutdown()  # an earlier test's workers print to where it had them print
    Parallel(n_jobs=2)(
        delayed(tiny(epochs=1, verbose=1, random_state=i).fit)(*digits) for i in (0, 1)
    )
    assert capfd.readouterr().out.count("epoch 1/1 loss ") == 2
    assert terminal.getvalue() == ""


def test_verbose_1_does_without_standard_error(digits, tiny, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert tiny(epochs=1, verbose=1).fit(*digits).n_iter_ == 1


def test_verbose_changes_nothing_about_the_fit(digits, tiny, make_terminal):
    terminal = make_terminal()
    silent, shown = (tiny(epochs=2, verbose=verbose).fit(*digits) for verbose in (0, 1))
    assert silent.history_ == shown.history_
    assert (silent.predict_proba(digits[0]) == shown.predict_proba(digits[0])).all()
    assert "epoch 2/2" in terminal.getvalue()


def test_of_fits_in_threads_one_shows_its_line(digits, tiny, make_terminal):
    terminal = make_terminal()
    tiny(epochs=1).fit(*digits)
    together = threading.Barrier(2, timeout=60)
    wait = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: together.wait())
    fitted = []

    def fit(epochs):
        clf = tiny(epochs=3, verbose=1, callbacks=[wait], random_state=epochs)
        fitted.append(clf.fit(*digits))

    threads = [threading.Thread(target=fit, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [clf.n_iter_ for clf in fitted] == [3, 3]
    assert terminal.getvalue().count("\n") == 1
    assert sys.stderr is terminal


def test_within_another_display_of_rich_the_line_is_not_shown(digits, tiny, make_terminal):
    terminal = make_terminal()
    from rich.progress import Progress

    with Progress(console=Console(file=terminal, force_terminal=True)):
        assert isinstance(sys.stderr, FileProxy)
        assert tiny(epochs=2, verbose=1).fit(*digits).n_iter_ == 2
    assert "epoch" not in terminal.getvalue()


def test_within_the_progress_bar_of_scikit_learn_the_line_is_not_shown(run_python):
    """In a terminal of its own, for scikit-learn displays on the real standard output."""
    pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
    pty = pytest.importorskip("pty", reason="pseudo-terminals are Unix's")
    code = """
from sklearn.callback import ProgressBar
from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
X, y = load_optdigits(return_X_y=True)
clf = DigitCNNClassifier.fast(epochs=2, random_state=0, verbose=1)
clf.set_callbacks(ProgressBar()).fit(X[:200], y[:200])
print("done", clf.n_iter_)
"""
    in_a_terminal = f"""
import pty, sys
chunks = []
def read(fd):
    import os
    chunks.append(os.read(fd, 1024))
    return chunks[-1]
status = pty.spawn([sys.executable, "-c", {code!r}], read)
assert status == 0, status
"""
    assert pty is not None
    shown = run_python(in_a_terminal, TERM="xterm", COLUMNS="100")
    assert "done 2" in shown
    assert "DigitCNNClassifier - fit" in shown
    assert "epoch 2/2" not in shown
