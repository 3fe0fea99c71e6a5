"""Compare networks and baselines: ``skdigits compare``."""

import time
from pathlib import Path
from typing import Any

import click

from skdigits._parameters import CONFIGURATIONS
from skdigits.baselines import BASELINE_NAMES
from skdigits.cli import _options as options
from skdigits.cli._terminal import naming_what_is_kept, problems_in_one_line, progress_bars

__all__ = ["compare"]

_MODELS = (*CONFIGURATIONS, *BASELINE_NAMES)


@click.command(
    "compare",
    short_help="Compare networks and scikit-learn's classifiers.",
    epilog=options.examples("compare --models fast,svc,knn", "compare --data mine.csv --folds 10"),
)
@click.option(
    "--models",
    multiple=True,
    callback=options.split_names(_MODELS, "model"),
    metavar="NAME[,NAME...]",
    help=f"Names, with commas or by repeating the option, out of {', '.join(_MODELS)}. The first "
    "one is what the others are compared with. [all]",
)
@options.data()
@options.folds()
@options.epochs()
@options.jobs()
@options.scheduler()
@options.seed()
@options.output_folder(
    default="skdigits-comparison",
    help="Folder for table, figure and what is finished; files of these names are replaced.",
)
def compare(output: Path, **settings: Any) -> None:
    """Compare the networks with scikit-learn's classifiers on the same rows.

    Each is measured on a hold-out, on writers whose digits it has not seen (UCI's own split) and
    by cross-validation. All of them take many minutes. What is finished is kept: after Ctrl-C
    the same command continues from there, and further models are added without doing the others
    again.
    """
    start = time.perf_counter()
    with naming_what_is_kept(output / "rows"), problems_in_one_line(), progress_bars() as progress:
        from skdigits.cli._tables import print_comparison
        from skdigits.comparison import run_comparison
        from skdigits.report import write_comparison

        result = run_comparison(output=output, progress=progress, **settings)
        files = write_comparison(result, output, progress=progress)
    print_comparison(result, files, time.perf_counter() - start)
