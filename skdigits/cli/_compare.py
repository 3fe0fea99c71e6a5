"""``skdigits compare``."""

from pathlib import Path
from typing import Any

import click

from skdigits._parameters import CONFIGURATIONS, check_name
from skdigits.baselines import BASELINE_NAMES
from skdigits.cli._options import data_option
from skdigits.cli._terminal import problems_in_one_line, progress_bars

__all__ = ["compare"]

_MODELS = (*CONFIGURATIONS, *BASELINE_NAMES)


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


@click.command("compare")
@click.option(
    "--models",
    multiple=True,
    callback=_split_names,
    metavar="NAME[,NAME...]",
    help=f"Names, with commas or by repeating the option, out of {', '.join(_MODELS)}. The first "
    "one is what the others are compared with. [all]",
)
@data_option
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
def compare(jobs: int | None, output: Path, **settings: Any) -> None:
    """Compare the networks with scikit-learn's classifiers on the same rows.

    Each is measured on a hold-out, on writers whose digits it has not seen (UCI's own split) and
    by cross-validation. All of them take many minutes. What is finished is kept: after Ctrl-C
    the same command goes on from there, and further models are added without doing the others
    again.
    """
    from rich.console import Console

    with problems_in_one_line(), progress_bars() as progress:
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
