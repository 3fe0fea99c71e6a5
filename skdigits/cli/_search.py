"""Search for better hyper-parameters: ``skdigits search``."""

import time
from pathlib import Path
from typing import Any

import click

from skdigits.baselines import BASELINE_NAMES
from skdigits.cli import _options as options
from skdigits.cli._terminal import naming_what_is_kept, problems_in_one_line, progress_bars

__all__ = ["search"]

_BASELINES = ("svc", "knn")
_SECONDS: dict[str, Any] = {"type": click.FloatRange(min=0, min_open=True), "metavar": "SECONDS"}


@click.command(
    "search",
    short_help="Search for better hyper-parameters of the network.",
    epilog=options.examples(
        "search --trials 30 --jobs 2", "search --data mine.csv --trials 100 --time-limit 3600"
    ),
)
@click.option(
    "--trials",
    "n_trials",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Sets of hyper-parameters to try, those of an earlier run in the folder included.",
)
@options.data()
@click.option(
    "--subset",
    type=click.Choice(("train", "all")),
    default="train",
    show_default=True,
    help="UCI's training part (of a file, all but a fifth), so that the best network is tested on "
    "the rest; or all rows.",
)
@options.folds()
@options.epochs()
@click.option(
    "--baselines",
    multiple=True,
    callback=options.split_names(BASELINE_NAMES, "baseline", _BASELINES),
    metavar="NAME[,NAME...]",
    help=f"scikit-learn's classifiers to measure on the same folds, out of "
    f"{', '.join(BASELINE_NAMES)}. [{', '.join(_BASELINES)}]",
)
@click.option(
    "--pruning/--no-pruning",
    default=True,
    show_default=True,
    help="Whether to stop trials that are worse than half of those before.",
)
@click.option(
    "--time-limit",
    **_SECONDS,
    help="No trial is begun after these; those at work end first. [none]",
)
@click.option(
    "--trial-time-limit",
    **_SECONDS,
    help="A trial that would take longer is stopped as soon as that shows. [none]",
)
@options.jobs(help="Trials to run in parallel; -1 for one per core. [1]")
@options.scheduler()
@options.seed(help="Seed of what is drawn, the folds and the networks.")
@options.output_folder(
    default="skdigits-search",
    help="Folder for tables, figure, the best model and what is finished; files of these names are "
    "replaced.",
)
def search(output: Path, **settings: Any) -> None:
    """Search for better hyper-parameters, and train the best network.

    Optuna draws the trials, the defaults first; each is cross-validated, beside scikit-learn's
    classifiers, and stopped early if it is bad. The best one is trained on all rows searched on
    and measured once on the others. What is finished is kept: after Ctrl-C or a kill the same
    command goes on from there, and --trials may be raised. Needs more:
    pip install optuna.
    """
    from rich.console import Console

    start = time.perf_counter()
    with (
        naming_what_is_kept(
            output / "trials",
            "*.json",
            otherwise="Nothing is finished: the same command begins anew.",
        ),
        problems_in_one_line(),
        progress_bars() as progress,
    ):
        from skdigits.search import digit_search, search_space

        try:
            search_space()  # before anything that takes time
        except ImportError as error:
            raise click.ClickException(str(error)) from error
        from skdigits.report import print_search, write_search

        result = digit_search(output=output, progress=progress, **settings)
        files = write_search(result, output, progress=progress)
    print_search(result, files, console=Console(), seconds=time.perf_counter() - start)
