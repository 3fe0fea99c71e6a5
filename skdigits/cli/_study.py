"""``skdigits study``."""

import webbrowser
from pathlib import Path
from typing import Any

import click

from skdigits.cli._options import config_option, data_option
from skdigits.cli._terminal import problems_in_one_line, progress_bars

__all__ = ["study"]


@click.command("study")
@data_option
@config_option
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
    help="Folder for report.html, figures, results.json and, in its steps, what is finished; files "
    "of these names are replaced.",
)
@click.option("--quick", is_flag=True, help="3 folds and 8 epochs: to try it, not to quote it.")
@click.option("--open", "open_report", is_flag=True, help="Open report.html in the browser.")
def study(jobs: int | None, output: Path, open_report: bool, **settings: Any) -> None:
    """Train the network on the digits, measure it, and leave a report.

    It is measured on a hold-out, on writers whose digits it has not seen (UCI's own split) and
    by cross-validation, with the writers mixed and kept apart. What is finished is kept: after
    Ctrl-C, or if it was killed, the same command goes on from there, with the same figures in
    the end. Delete the folder's steps to do all of it anew.
    """
    from rich.console import Console

    with problems_in_one_line(), progress_bars() as progress:
        from skdigits.report import check_writable, print_summary, write_report
        from skdigits.study import run_study

        check_writable(output)
        try:
            result = run_study(n_jobs=jobs, output=output, progress=progress, **settings)
        except KeyboardInterrupt:
            if any((output / "steps").glob("*.json")):
                click.echo(f"What is finished is kept in {output / 'steps'}.", err=True)
            raise
        files = write_report(result, output)
    print_summary(result, files, console=Console())
    if open_report:
        webbrowser.open((output / "report.html").absolute().as_uri())
