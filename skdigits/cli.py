"""The ``skdigits`` command."""

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import click

import skdigits

__all__ = ["main"]

# What the shell reports for a command that Ctrl-C ended.
_INTERRUPTED = 130


def main() -> None:
    """Run the command; exits with 0, 1 (it failed), 2 (wrong usage) or 130 (Ctrl-C)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's remarks on the machine
    try:
        sys.exit(_skdigits.main(prog_name="skdigits", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        sys.exit(_INTERRUPTED)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(skdigits.__version__)
def _skdigits() -> None:
    """Handwritten digits, a Keras CNN and scikit-learn's API."""


@_skdigits.command("study")
@click.option(
    "--data",
    default="packaged",
    show_default=True,
    metavar="packaged|uci|FILE.csv",
    help="The packaged digits, the same live from UCI, or a file of rows of 64 counts 0..16 "
    "and a label.",
)
@click.option(
    "--config",
    type=click.Choice(["default", "fast", "reference"]),
    default="default",
    show_default=True,
    help="The default network, one that trains in a second, or that of the original study.",
)
@click.option("--folds", type=click.IntRange(min=2), help="Folds of the cross-validation. [5]")
@click.option("--epochs", type=click.IntRange(min=1), help="Epochs of each fit. [the network's]")
@click.option("--jobs", type=int, help="Folds to work on at once; -1 for one a core. [1]")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=42,
    show_default=True,
    help="Seed of the networks and the folds; the hold-out is always the study's.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default="skdigits-study",
    show_default=True,
    help="Folder for figures and results.json; files of these names are replaced.",
)
@click.option("--quick", is_flag=True, help="3 folds and 8 epochs: to try it, not to quote it.")
def _study(jobs: int | None, output: Path, **settings: Any) -> None:
    """Train the network on the digits, measure it, and leave a report.

    It is measured on a hold-out, on writers whose digits it has not seen (UCI's own split) and
    by cross-validation, with the writers mixed and kept apart.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description:18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    tasks = {}

    def progress(step: str, done: int, total: int) -> None:
        bar.start()
        if step not in tasks:
            tasks[step] = bar.add_task(step, total=total)
        bar.update(tasks[step], completed=done)

    with warnings.catch_warnings():
        warnings.showwarning = _show_warning  # type: ignore[assignment]
        try:
            from skdigits.report import check_writable, print_summary, write_report
            from skdigits.study import run_study

            check_writable(output)
            result = run_study(n_jobs=jobs, progress=progress, **settings)
            files = write_report(result, output)
        except (OSError, ValueError) as error:
            raise click.ClickException(_in_one_line(error)) from error
        finally:
            if bar.live.is_started:
                bar.stop()
    print_summary(result, files, console=Console())


def _in_one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}."
    return " ".join(str(error).split())


def _show_warning(message: Warning | str, *place: Any) -> None:
    click.echo(f"Warning: {message}", err=True)
