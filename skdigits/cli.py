"""The ``skdigits`` command."""

import json
import os
import sys
import warnings
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

import skdigits
from skdigits._names import check_name
from skdigits.baselines import BASELINE_NAMES

__all__ = ["main"]

# What the shell reports for a command that Ctrl-C ended.
_INTERRUPTED = 130

_CONFIGURATIONS = ("default", "fast", "reference")
_MODELS = (*_CONFIGURATIONS, *BASELINE_NAMES)

_data_option = click.option(
    "--data",
    default="packaged",
    show_default=True,
    metavar="packaged|uci|FILE.csv",
    help="The packaged digits, the same live from UCI, or a file of rows of 64 counts 0..16 "
    "and a label.",
)


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
@_data_option
@click.option(
    "--config",
    type=click.Choice(_CONFIGURATIONS),
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
    help="Folder for report.html, figures and results.json; files of these names are replaced.",
)
@click.option("--quick", is_flag=True, help="3 folds and 8 epochs: to try it, not to quote it.")
@click.option("--open", "open_report", is_flag=True, help="Open report.html in the browser.")
def _study(jobs: int | None, output: Path, open_report: bool, **settings: Any) -> None:
    """Train the network on the digits, measure it, and leave a report.

    It is measured on a hold-out, on writers whose digits it has not seen (UCI's own split) and
    by cross-validation, with the writers mixed and kept apart.
    """
    from rich.console import Console

    with _problems_in_one_line(), _progress_bars() as progress:
        from skdigits.report import check_writable, print_summary, write_report
        from skdigits.study import run_study

        check_writable(output)
        result = run_study(n_jobs=jobs, progress=progress, **settings)
        files = write_report(result, output)
    print_summary(result, files, console=Console())
    if open_report:
        webbrowser.open((output / "report.html").absolute().as_uri())


def _split_names(
    context: click.Context, option: click.Parameter, values: tuple[str, ...]
) -> list[str]:
    names = [name.strip() for value in values for name in value.split(",")]
    try:
        for name in names:
            check_name(name, _MODELS, "model")
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return list(dict.fromkeys(names)) or list(_MODELS)


@_skdigits.command("compare")
@click.option(
    "--models",
    multiple=True,
    callback=_split_names,
    metavar="NAME[,NAME...]",
    help=f"Names, with commas or by repeating the option, out of {', '.join(_MODELS)}. The first "
    "one is what the others are compared with. [all]",
)
@_data_option
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Folds of the cross-validation.",
)
@click.option(
    "--epochs", type=click.IntRange(min=1), help="Epochs of the networks' fits. [each one's own]"
)
@click.option("--jobs", type=int, help="Fits to do at once; -1 for one a core. [1]")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=42,
    show_default=True,
    help="Seed of the models and the folds; the hold-out is always the study's.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default="skdigits-comparison",
    show_default=True,
    help="Folder for table, figure and what is finished; files of these names are replaced.",
)
def _compare(jobs: int | None, output: Path, **settings: Any) -> None:
    """Compare the networks with scikit-learn's classifiers on the same rows.

    Each is measured on a hold-out, on writers whose digits it has not seen (UCI's own split) and
    by cross-validation. All of them take many minutes. What is finished is kept: after Ctrl-C
    the same command goes on from there, and further models are added without doing the others
    again.
    """
    from rich.console import Console

    with _problems_in_one_line(), _progress_bars() as progress:
        from skdigits.comparison import run_comparison
        from skdigits.report import check_writable, print_comparison, write_comparison

        check_writable(output)
        try:
            result = run_comparison(n_jobs=jobs, output=output, progress=progress, **settings)
        except KeyboardInterrupt:
            if any((output / "rows").glob("*.json")):
                click.echo(f"What is finished is kept in {output / 'rows'}.", err=True)
            raise
        files = write_comparison(result, output)
    print_comparison(result, files, console=Console())


@_skdigits.command("info")
@click.option(
    "--tensorflow/--no-tensorflow",
    default=True,
    help="Say how TensorFlow is set up; it is imported for that, which takes a few seconds.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def _info(tensorflow: bool, as_json: bool) -> None:
    """Print what a bug report should say: versions, machine, data, TensorFlow."""
    from skdigits.information import collect_information

    if tensorflow:
        click.echo("Importing TensorFlow: a few seconds. --no-tensorflow skips it.", err=True)
    information = collect_information(tensorflow=tensorflow)
    if as_json:
        click.echo(json.dumps(information, indent=2))
        return
    for name, value in information.items():
        click.echo(f"{name}: {_plain(value)}")


@contextmanager
def _progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that shows on stderr how much of how much of a step is done."""
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

    try:
        yield progress
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def _problems_in_one_line() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning  # type: ignore[assignment]
        try:
            yield
        except (OSError, ValueError) as error:
            raise click.ClickException(_in_one_line(error)) from error


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    names = {None: "unknown", True: "yes", False: "no"}
    return names[value] if value is None or isinstance(value, bool) else str(value)


def _in_one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}."
    return " ".join(str(error).split())


def _show_warning(message: Warning | str, *place: Any) -> None:
    click.echo(f"Warning: {message}", err=True)
