"""Wrong usage exits with status 2 and one line that names the option, before any work."""

import os
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import click
import pytest

from skdigits.cli import _skdigits
from skdigits.cli._terminal import progress_bars, warnings_in_one_line

# Arguments that a command requires.
NEEDED = {
    "train": ["-o", "new.skdigits"],
    "evaluate": ["text"],
    "card": ["text"],
    "predict": ["text"],
}
# Wrong values of options whose type does not tell them.
WRONG = {
    "models": ["knn,scv", "", "knn,,svc"],
    "baselines": ["knn,scv", "", "knn,,svc"],
    "host": ["no host", "256.1.1.1"],
    "names": ["https://pad.example.org", "pad.example.org:8443", "pad/", ""],
    "n_jobs": ["0", "two", ""],
    "scheduler": [],  # only a connection tells
}


def wrong_values(option):
    kind = option.type
    if option.name in WRONG:
        return WRONG[option.name]
    if isinstance(kind, click.IntRange):
        lowest = [str(kind.min - 1), str(-(10**30))]
        return ["two", "1.5", "", *lowest, *([str(kind.max + 1)] if kind.max else [])]
    if isinstance(kind, click.FloatRange):
        return ["two", "", "0", "-1"]
    if isinstance(kind, click.Choice):
        return ["some", ""]
    if isinstance(kind, click.Path):
        if kind.exists:
            return ["nowhere", "folder"]
        return ["text/below", "folder" if "-o" in option.opts else "text"]
    raise AssertionError(f"name wrong values of {option.opts}")


@pytest.fixture
def text(tmp_path):
    """A file that is no model, no data and no folder, and a folder that is no file."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no model")


@pytest.mark.parametrize("command", _skdigits.commands)
def test_a_wrong_value_is_one_line_that_names_the_option(skdigits, names, text, command):
    options = [
        option
        for option in _skdigits.commands[command].params
        if isinstance(option, click.Option) and not option.is_flag
    ]
    for option in options:
        for value in wrong_values(option):
            given = [*NEEDED.get(command, []), option.opts[-1], value]
            status, out, err = skdigits(command, *given)

            assert (status, out) == (2, ""), given
            assert err.startswith("Error: ")
            assert option.opts[-1] in err
            assert err.endswith(f" See skdigits {command} --help.\n")
            assert err.count("\n") == 1
            for name in ("n_jobs", "random_state", "run_", "parameter"):  # those of Python
                assert name not in err
    assert names(Path()) == ["folder", "text"]


@pytest.mark.parametrize("command", ["evaluate", "card", "export", "draw --port 0"])
def test_a_model_of_something_else_is_refused_in_one_line(skdigits, text, command):
    for name, content, status in [
        ("nowhere", None, 2),
        ("folder", None, 2),
        ("a" * 5000, None, 2),
        ("text", b"", 1),
        ("text", b"PK\x03\x04", 1),
        ("text", bytes(1000), 1),
    ]:
        if content is not None:
            Path(name).write_bytes(content)
        ended, out, err = skdigits(*command.split(), name)

        assert (ended, out, err.count("\n")) == (status, "", 1)
        assert err.startswith("Error: ")
        assert name in err


@pytest.mark.parametrize("command", ["study", "compare", "train -o model", "evaluate"])
def test_data_of_something_else_fail_in_one_line(skdigits, names, saved_model, command):
    model = [saved_model] if command == "evaluate" else []
    for content, message in [
        ("", "there are no rows"),
        ("1\n2\n", "line 1 has 1 columns, expected 65"),
        (",".join(["-1"] * 65) + "\n", "line 1, column 1: found '-1'"),
    ]:
        Path("mine.csv").write_text(content)
        status, out, err = skdigits(*command.split(), *model, "--data", "mine.csv")

        assert (status, out) == (1, "")
        assert err.startswith("Error: mine.csv: ")
        assert message in err
        assert err.count("\n") == 1
    assert names(Path()) == ["mine.csv"]


def test_names_that_are_too_long_are_one_line(skdigits):
    long = "a" * 5000
    for arguments in (["train", "-o", long], ["study", "--output", long]):
        status, out, err = skdigits(*arguments)
        assert (status, out, err.count("\n")) == (2, "", 1)
    status, out, err = skdigits("predict", long)
    assert (status, out, err.count("\n")) == (1, "", 1)


def test_a_reader_that_goes_away_gets_no_traceback():
    command = [sys.executable, "-m", "skdigits", "samples"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no full device")


@full_disk
@pytest.mark.parametrize("arguments", ["samples", "--version", "card model"])
def test_a_full_disk_behind_standard_output_is_one_line(arguments, saved_model, tmp_path):
    (tmp_path / "model").symlink_to(saved_model)
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "skdigits", *arguments.split()]
        done = subprocess.run(
            command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "Error: Standard output: No space left on device.\n"


@full_disk
def test_a_full_disk_behind_standard_error_does_not_end_the_work(monkeypatch):
    full = Path("/dev/full").open("w")  # noqa: SIM115
    monkeypatch.setattr(sys, "stderr", full)
    with warnings_in_one_line(), progress_bars() as progress:
        progress("Training", 1, 1)
        warnings.simplefilter("always")
        warnings.warn("Beware.", stacklevel=1)
    with suppress(OSError):
        full.close()


def test_progress_is_not_written_to_standard_output(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    with progress_bars() as progress:
        progress("Training", 1, 1)
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything can be read here")
def test_a_file_that_may_not_be_read(skdigits, text, tmp_path):
    (tmp_path / "text").chmod(0)
    for arguments in (["card", "text"], ["study", "--data", "text"]):
        status, _, err = skdigits(*arguments)
        assert (status, err.count("\n")) == (2, 1)
        assert "'text' is not readable" in err


def test_a_device_is_not_replaced(skdigits):
    status, _, err = skdigits("train", "-o", os.devnull)
    assert (status, err.count("\n")) == (2, 1)
    assert os.devnull in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "Missing option '-o' / '--output'."),
        (["train", "-o", "new", "--epoch", "3"], "--epochs"),
        (["train", "-o", "new", "surplus"], "unexpected extra argument"),
        (["compare", "--scheduler", "10.0.0.1:8786", "--jobs", "2"], "--jobs does not go with"),
    ],
)
def test_other_wrong_usage_is_one_line_too(skdigits, arguments, message):
    status, out, err = skdigits(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_without_distributed_the_extra_is_named(skdigits, monkeypatch, names):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    status, out, err = skdigits("compare", "--scheduler", "10.0.0.1:8786")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "pip install distributed" in err
    assert names(Path()) == []
