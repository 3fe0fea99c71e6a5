"""Run the study: ``skdigits study``."""

import time
import webbrowser
from pathlib import Path
from typing import Any

import click

from skdigits.cli import _options as options
from skdigits.cli._terminal import naming_what_is_kept, problems_in_one_line, progress_bars

__all__ = ["study"]


@click.command(
    "study",
    short_help="Train and measure a network; leave a report.",
    epilog=options.examples("study --quick --open", "study --data mine.csv --output mine"),
)
@options.data()
@options.config(
    default=None,
    show_default=False,
    help="The default network, one that trains in a second, or that of the original study. "
    "[default; fast with --quick]",
)
@options.folds()
@options.epochs()
@options.jobs()
@options.seed()
@options.output_folder(
    default="skdigits-study",
    help="Folder for report.html, figures, results.json and, in its steps, what is finished; files "
    "of these names are replaced.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="The network that trains in a second and 3 folds, or at most 8 epochs of the one that is "
    "named: to try it, not to quote it.",
)
@click.option("--open", "open_report", is_flag=True, help="Open report.html in the browser.")
def study(output: Path, open_report: bool, **settings: Any) -> None:
    """Train the network on the digits, measure it, and leave a report.

    It is measured on a hold-out, on writers whose digits it has not seen (UCI's own split) and
    by cross-validation, with the writers mixed and kept apart. Finished fits are kept: after
    Ctrl-C, or if it was killed, the same command continues from there, with the same figures in
    the end. Delete the folder's steps to fit everything again.
    """
    start = time.perf_counter()
    with naming_what_is_kept(output / "steps"), problems_in_one_line(), progress_bars() as progress:
        from skdigits.cli._tables import print_study
        from skdigits.report import write_report
        from skdigits.study import run_study

        result = run_study(output=output, progress=progress, **settings)
        files = write_report(result, output, progress=progress)
    print_study(result, files, time.perf_counter() - start)
    if open_report:
        webbrowser.open((output / "report.html").absolute().as_uri())
