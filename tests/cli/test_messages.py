"""What is called wrongly: exit status 2 and one line that names the option, before any work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from skdigits.cli import _skdigits

# What each command needs besides.
NEEDED = {
    "train": ["-o", "new.skdigits"],
    "evaluate": ["text"],
    "card": ["text"],
    "export": ["text"],
    "predict": ["text"],
}
# Wrong for options that take text; what is wrong for others is their type's.
WRONG = {
    "models": ["knn,scv", "", "knn,,svc"],
    "baselines": ["knn,scv", "", "knn,,svc"],
    "time_limit": ["two", "", "0", "-1"],
    "trial_time_limit": ["two", "", "0", "-1"],
    "host": ["no host", "256.1.1.1"],
    "scheduler": ["", "nowhere", "tcp://nowhere", "10.0.0.1:port"],
}


def wrong_values(option):
    kind = option.type
    if option.name in WRONG:
        return WRONG[option.name]
    if isinstance(kind, click.IntRange):
        lowest = [str(kind.min - 1), str(-(10**30))]
        return ["two", "1.5", "", *lowest, *([str(kind.max + 1)] if kind.max else [])]
    if kind.name == "integer":
        return ["0", "two", ""]
    if isinstance(kind, click.Choice):
        return ["some", ""]
    if isinstance(kind, click.Path):
        reads = kind.exists
        return (
            ["nowhere", "folder"]
            if reads
            else ["text/below", *(["folder"] * (option.name == "output" and "-o" in option.opts))]
        )
    return []


CASES = [
    (command.name, option.opts[-1], value)
    for command in _skdigits.commands.values()
    for option in command.params
    if isinstance(option, click.Option) and not option.is_flag
    for value in wrong_values(option)
]


@pytest.fixture
def text(tmp_path):
    """A file that is no model, no data and no folder, and a folder that is no file."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no model")


def test_each_option_that_takes_a_value_is_tried():
    options = {
        (command.name, option.opts[-1])
        for command in _skdigits.commands.values()
        for option in command.params
        if isinstance(option, click.Option) and not option.is_flag
    }
    assert {case[:2] for case in CASES} == options


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_a_wrong_value_is_one_line_that_names_the_option(skdigits, names, text, case):
    command, option, value = case
    status, out, err = skdigits(command, *NEEDED.get(command, []), option, value)

    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    assert option in err
    assert err.endswith(f" See skdigits {command} --help.\n")
    assert err.count("\n") == 1
    for name in ("n_jobs", "random_state", "run_", "parameter"):  # those of Python
        assert name not in err
    assert names(Path()) == ["folder", "text"]


@pytest.mark.parametrize("command", ["evaluate", "card", "export", "draw"])
@pytest.mark.parametrize("model", ["nowhere", "folder"])
def test_a_model_that_is_no_file_is_a_wrong_value(skdigits, text, command, model):
    status, out, err = skdigits(command, model)

    assert (status, out) == (2, "")
    assert err.startswith(
        "Error: Invalid value for '[MODEL]': File "
        if command in {"export", "draw"}
        else "Error: Invalid value for 'MODEL': File "
    )
    assert model in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["evaluate", "card", "export", "draw --port 0"])
@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x03\x04", bytes(1000)])
def test_a_model_of_something_else_fails_in_one_line(skdigits, tmp_path, command, content):
    (tmp_path / "text").write_bytes(content)

    status, out, err = skdigits(*command.split(), "text")

    assert (status, out) == (1, "")
    assert err.startswith("Error: text is no sound model file: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", ["study", "compare", "train -o model", "evaluate"])
@pytest.mark.parametrize(
    "wrong",
    [
        ("", "there are no rows"),
        ("1\n2\n", "line 1 has 1 columns, expected 65"),
        (",".join(["0"] * 64) + "\n", "the label is missing"),
        (",".join(["-1"] * 65) + "\n", "'-1' is out of range"),
    ],
)
def test_data_of_something_else_fail_in_one_line(skdigits, names, saved_model, command, wrong):
    content, message = wrong
    Path("mine.csv").write_text(content)
    model = [saved_model] if command == "evaluate" else []

    status, out, err = skdigits(*command.split(), *model, "--data", "mine.csv")

    assert (status, out) == (1, "")
    assert err.startswith("Error: mine.csv: ")
    assert message in err
    assert err.count("\n") == 1
    assert names(Path()) == ["mine.csv"]


def test_names_that_are_too_long_are_one_line(skdigits):
    long = "a" * 5000
    for arguments in (["train", "-o", long], ["study", "--output", long], ["card", long]):
        status, out, err = skdigits(*arguments)
        assert (status, out, err.count("\n")) == (2, "", 1)
    status, out, err = skdigits("predict", long)
    assert (status, out, err.count("\n")) == (1, "", 1)


def test_a_reader_that_goes_away_gets_no_traceback():
    command = [sys.executable, "-m", "skdigits", "info", "--no-tensorflow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything can be read here")
def test_a_file_that_may_not_be_read(skdigits, text, tmp_path):
    (tmp_path / "text").chmod(0)
    for arguments in (["card", "text"], ["study", "--data", "text"]):
        status, _, err = skdigits(*arguments)
        assert (status, err.count("\n")) == (2, 1)
        assert "'text' is not readable" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing option '-o' / '--output'."),
        (["-o", "new", "--epoch", "3"], "--epochs"),
        (["-o", "new", "surplus"], "unexpected extra argument"),
        (["-o", "new", "--scheduler", "10.0.0.1:8786"], "--scheduler goes with --backend dask"),
        (
            ["-o", "new", "--backend", "dask", "--scheduler", "10.0.0.1:8786", "--jobs", "2"],
            "--jobs does not go with --scheduler",
        ),
    ],
)
def test_other_wrong_usage_is_one_line_too(skdigits, arguments, message):
    status, out, err = skdigits("train", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_without_distributed_the_extra_is_named(skdigits, monkeypatch, names):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    status, out, err = skdigits("compare", "--backend", "dask")
    assert (status, out) == (1, "")
    assert "Error: Dask needs distributed, which is not installed: pip install distributed." in err
    assert err.count("\n") == 1
    assert names(Path()) == []


def test_nothing_heavy_is_imported_to_say_what_is_wrong(run_python, saved_model, tmp_path):
    (tmp_path / "text").write_text("no model")
    (tmp_path / "mine.csv").write_text(",".join(["0"] * 64) + "\n")
    model = str(saved_model)
    commands = [
        ["predict", "nowhere.png", "text"],
        ["study", "--data", "nowhere.csv"],
        ["study", "--output", "text"],
        ["compare", "--output", "text"],
        ["train", "-o", "text/below"],
        ["export", model, "-o", "text/below"],
        ["draw", "nowhere"],
        # The file is read, which takes NumPy and scikit-learn, but not TensorFlow.
        ["evaluate", model, "--data", "mine.csv"],
        ["evaluate", "text"],
        ["train", "-o", "new", "--data", "mine.csv"],
        ["study", "--data", "mine.csv"],
        ["compare", "--data", "mine.csv"],
    ]
    said = run_python(
        f"""
import json, sys
from skdigits.cli import main
loaded = []
for command in {commands}:
    sys.argv = ["skdigits", *command]
    try:
        main()
    except SystemExit as ended:
        assert ended.code in (1, 2), command
    loaded.append([name for name in ("tensorflow", "keras", "sklearn") if name in sys.modules])
print(json.dumps(loaded))
""",
        SKDIGITS_DATA=str(tmp_path / "cache"),
    )
    loaded = json.loads(said)
    assert loaded[:7] == [[]] * 7
    assert loaded[7:] == [["sklearn"]] * 5
