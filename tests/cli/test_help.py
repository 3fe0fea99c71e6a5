"""Help and version: what a user asks for first must not wait for TensorFlow."""

import re
import shlex

import pytest

from skdigits.cli import _skdigits

COMMANDS = _skdigits.commands


@pytest.fixture
def help_of(skdigits, monkeypatch):
    """Return the help of a command at 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")

    def ask(*command):
        status, out, err = skdigits(*command, "--help")
        assert (status, err) == (0, "")
        return out

    return ask


def test_help_and_version_need_nothing_heavy(run_python):
    code = f"""
import sys
from skdigits.cli import main
for arguments in {[["--version"], ["--help"], *([name, "--help"] for name in COMMANDS)]}:
    sys.argv = ["skdigits", *arguments]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code
print("loaded:", *sys.modules)
"""
    said, loaded = run_python(code).split("loaded:")
    assert "0.1.0" in said
    for name in COMMANDS:
        assert f"Usage: skdigits {name}" in said
    heavy = {"tensorflow", "keras", "matplotlib", "sklearn", "numpy", "onnx", "starlette"}
    assert heavy.isdisjoint(loaded.split())


def test_summaries_of_the_commands_are_whole(help_of):
    out = help_of()
    assert "..." not in out.replace("[ARGS]...", "")
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z].*\.$", out, re.MULTILINE)


@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_help_ends_with_two_examples_that_are_understood(help_of, digits_csv, tmp_path, name):
    for file in ("digits.skdigits", "seven.png"):
        (tmp_path / file).touch()
    (tmp_path / "scans").mkdir()
    (tmp_path / "mine.csv").write_bytes(digits_csv.read_bytes())

    *_, title, first, second = help_of(*([name] if name else [])).splitlines()

    assert title.strip() == "Examples:"
    for example in (first, second):
        program, command, *arguments = shlex.split(example.split(" > ")[0])
        assert program == "skdigits"
        assert command == (name or command)
        COMMANDS[command].make_context(command, arguments)
