import signal
import sys

import pytest

from skdigits import cli


@pytest.fixture
def names():
    """Return the sorted names of what is in a folder."""

    def names(folder):
        return sorted(path.name for path in folder.iterdir())

    return names


@pytest.fixture
def skdigits(monkeypatch, capsys, tmp_path):
    """Run the command in this process, in a folder of its own: exit status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")  # which the command sets, is undone

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["skdigits", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code or 0, *capsys.readouterr()

    sigterm = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, sigterm)


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory, small_classifier):
    """A model file, not to be changed."""
    from skdigits import save_model

    path = tmp_path_factory.mktemp("models") / "digits.skdigits"
    save_model(small_classifier, path)
    return path
