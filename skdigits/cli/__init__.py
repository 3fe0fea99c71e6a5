"""Run the ``skdigits`` command: a module for each command, imported without what it needs."""

import os
import signal
import sys
import time
from typing import Any

import click

from skdigits._version import __version__
from skdigits.cli._card import card
from skdigits.cli._compare import compare
from skdigits.cli._draw import draw
from skdigits.cli._evaluate import evaluate
from skdigits.cli._export import export
from skdigits.cli._info import info
from skdigits.cli._options import examples
from skdigits.cli._predict import predict
from skdigits.cli._samples import samples
from skdigits.cli._search import search
from skdigits.cli._study import study
from skdigits.cli._terminal import Interrupted, in_one_line
from skdigits.cli._train import train

__all__ = ["main"]

# Seconds after a first SIGTERM in which further ones, such as timeout's second, are ignored.
_SAME_REQUEST = 5.0


def main() -> None:
    """Run the command.

    It exits with 0, 1 (it failed), 2 (wrong usage), 130 (Ctrl-C) or 143 (SIGTERM).
    """
    ended_by, since = signal.SIGINT, -_SAME_REQUEST

    def end(*given: Any) -> None:
        nonlocal ended_by, since
        if time.monotonic() - since >= _SAME_REQUEST:
            ended_by, since = signal.SIGTERM, time.monotonic()
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    # Figures are written to files: a window, or a backend that is not installed, is not needed.
    os.environ["MPLBACKEND"] = "agg"
    try:
        sys.exit(_skdigits.main(prog_name="skdigits", standalone_mode=False))
    except click.ClickException as error:
        click.echo(_in_one_line(error), err=True)
        sys.exit(error.exit_code)
    except OSError as error:  # standard output failed, for instance on a full disk
        error.filename = error.filename or "Standard output"
        click.echo(f"Error: {in_one_line(error)}", err=True)
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort) as interrupt:  # click has begun a new line
        if isinstance(interrupt.__cause__, Interrupted):
            click.echo(interrupt.__cause__, err=True)
        click.echo("Interrupted.", err=True)
        sys.exit(128 + ended_by)  # as shells report a signal
    finally:
        _give_up_unwritten()


def _give_up_unwritten() -> None:
    """Keep Python from writing once more, at its exit, what standard output did not take."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _in_one_line(error: click.ClickException) -> str:
    message = error.format_message()
    if message.startswith("Usage:"):  # the help, where no command was named
        return message
    context = getattr(error, "ctx", None)
    see = f" See {context.command_path} --help." if context else ""
    return f"Error: {' '.join(message.split())}{see}"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("study --quick", "predict seven.png"),
)
@click.version_option(__version__)
def _skdigits() -> None:
    """Handwritten digits, a Keras CNN and scikit-learn's API."""


_COMMANDS = (
    study,
    compare,
    search,
    train,
    evaluate,
    card,
    export,
    predict,
    samples,
    draw,
    info,
)
for _command in _COMMANDS:
    _skdigits.add_command(_command)
