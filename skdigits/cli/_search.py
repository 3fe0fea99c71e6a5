"""Search for better hyper-parameters: ``skdigits search``."""

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from skdigits.cli import _options as options
from skdigits.cli._terminal import naming_what_is_kept, problems_in_one_line, progress_bars

__all__ = ["search"]


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
    help="Total number of trials, including those that an earlier run has finished.",
)
@options.data()
@options.folds()
@options.epochs()
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Begin no trial after this time; running trials end first. [none]",
)
@options.jobs(help="Trials to run in parallel; -1 for one per core. [1]")
@options.scheduler()
@options.seed(help="Seed of the sampler, the folds and the networks.")
@options.output_folder(
    default="skdigits-search",
    help="Folder for tables, figure, the best model and finished trials; files of these names are "
    "replaced.",
)
def search(output: Path, **settings: Any) -> None:
    """Search for better hyper-parameters, and train the best network.

    Optuna draws the trials, the first with the defaults. Each is cross-validated on UCI's training
    part (of a file, on all but a fifth), on the same folds as scikit-learn's SVC and KNN, and
    stopped early if it is bad. The best network is trained on these rows and evaluated once on the
    others. Finished trials are kept: after Ctrl-C or a kill the same command continues, and
    --trials may be raised. Requires Optuna: pip install optuna.
    """
    start = time.perf_counter()
    with (
        naming_what_is_kept(
            output / "trials",
            "study.db",
            otherwise="Nothing is finished.",
        ),
        problems_in_one_line(),
        progress_bars() as progress,
    ):
        if find_spec("optuna") is None:
            raise click.ClickException("A search needs optuna. Install it: pip install optuna.")
        from skdigits.cli._tables import print_search
        from skdigits.report import write_search
        from skdigits.search import digit_search

        result = digit_search(output=output, progress=progress, **settings)
        files = write_search(result, output, progress=progress)
    print_search(result, files, time.perf_counter() - start)
