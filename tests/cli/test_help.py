"""Help of all commands."""

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


def test_summaries_of_the_commands_are_whole(help_of):
    out = help_of()
    assert "..." not in out.replace("[ARGS]...", "")
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z].*\.$", out, re.MULTILINE)


def test_help_ends_with_two_examples_that_are_understood(help_of, digits_csv, tmp_path):
    for file in ("digits.skdigits", "seven.png"):
        (tmp_path / file).touch()
    (tmp_path / "scans").mkdir()
    (tmp_path / "mine.csv").write_bytes(digits_csv.read_bytes())

    for name in (None, *COMMANDS):
        *_, title, first, second = help_of(*([name] if name else [])).splitlines()

        assert title.strip() == "Examples:"
        for example in (first, second):
            program, command, *arguments = shlex.split(example.split(" > ")[0])
            assert program == "skdigits"
            assert command == (name or command)
            COMMANDS[command].make_context(command, arguments)
