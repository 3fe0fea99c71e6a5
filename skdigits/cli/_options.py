"""Define the options that several commands have, each to be called as a decorator.

They have short words and set the parameter of the function that the command calls. A command
replaces parts of an option, such as ``help``, by keywords.
"""

from collections.abc import Callable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click

from skdigits._files import check_writable
from skdigits._parameters import CONFIGURATIONS, check_name
from skdigits.cli._terminal import in_one_line, problems_in_one_line

__all__ = [
    "config",
    "data",
    "epochs",
    "examples",
    "existing_file",
    "folder",
    "folds",
    "jobs",
    "json",
    "model",
    "output_file",
    "output_folder",
    "scheduler",
    "seed",
    "split_names",
]


def examples(*commands: str) -> str:
    """Return the end of a command's help."""
    return "\n".join(["\b", "Examples:", *(f"  skdigits {command}" for command in commands)])


class _Data(click.Path):
    """A data set by name, or a file."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        return value if value in {"packaged", "uci"} else super().convert(value, param, ctx)


class _OutputFile(click.Path):
    """A file that can be written; the folders above it may not exist yet."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        path = Path(str(super().convert(value, param, ctx)))
        try:
            self.check(path)
        except OSError as error:
            self.fail(in_one_line(error), param, ctx)
        return path

    def check(self, path: Path) -> None:
        """Raise OSError if the file cannot be written."""
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "not a file"
            raise OSError(f"{path} is {what}. Name a file to be written.")
        check_writable((path.resolve() if path.is_symlink() else path).parent)


class _OutputFolder(_OutputFile):
    """A folder that can be written to, which may not exist yet."""

    def check(self, path: Path) -> None:
        check_writable(path)


def _check_jobs(context: click.Context, option: click.Parameter, value: int | None) -> int | None:
    if value == 0:
        raise click.BadParameter("0 jobs run nothing; expected 1, 2, ..., or -1.")
    return value


def split_names(
    known: Sequence[str], kind: str, otherwise: Sequence[str] | None = None
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], list[str]]:
    """Return a callback for an option that takes names with commas or by being repeated.

    Without the option, all `known` names are taken, or those of `otherwise`.
    """

    def split(
        context: click.Context, option: click.Parameter, values: tuple[str, ...]
    ) -> list[str]:
        names = [name.strip() for value in values for name in value.split(",")]
        try:
            for name in names:
                check_name(name, known, kind)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
        return list(dict.fromkeys(names)) or list(known if otherwise is None else otherwise)

    return split


existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)

model = partial(click.argument, "model", type=existing_file)

data = partial(
    click.option,
    "--data",
    type=_Data(exists=True, dir_okay=False),
    default="packaged",
    show_default=True,
    metavar="packaged|uci|FILE.csv",
    help="The packaged digits, the same live from UCI, or a file of rows of 64 counts 0..16 "
    "and a label.",
)
config = partial(
    click.option,
    "--config",
    type=click.Choice(tuple(CONFIGURATIONS)),
    default="default",
    show_default=True,
    help="The default network, one that trains in a second, or that of the original study.",
)
epochs = partial(
    click.option,
    "--epochs",
    type=click.IntRange(min=1),
    help="Epochs of each fit of a network. [the network's]",
)
folds = partial(
    click.option,
    "--folds",
    "cv",
    type=click.IntRange(min=2),
    help="Folds of the cross-validation. [5]",
)
seed = partial(
    click.option,
    "--seed",
    "random_state",
    type=click.IntRange(0, 2**32 - 1),
    default=42,
    show_default=True,
    help="Seed of the models and the folds; the hold-out does not depend on it.",
)
json = partial(click.option, "--json", "as_json", is_flag=True, help="Print one JSON object.")
jobs = partial(
    click.option,
    "--jobs",
    "n_jobs",
    type=int,
    callback=_check_jobs,
    help="Fits to run in parallel, each in a process of this machine; -1 for one per core. [1]",
)
folder = _OutputFolder()
output_folder = partial(click.option, "--output", type=folder, show_default=True)
output_file = partial(click.option, "-o", "--output", type=_OutputFile(), metavar="FILE")


def scheduler() -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds --scheduler, whose Dask workers run the command's fits."""
    option = click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Run the fits on the workers of the Dask scheduler at this address, such as "
        "tcp://10.0.0.1:8786, which may die without loss.",
    )

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @option
        @wraps(command)
        def with_scheduler(scheduler: str | None, **settings: Any) -> None:
            if scheduler is None:
                command(**settings)
                return
            if settings["n_jobs"] is not None:
                raise click.UsageError("--jobs does not go with --scheduler, which has workers.")
            from skdigits.parallel import dask_backend

            with problems_in_one_line(), dask_backend(scheduler):
                command(**settings)

        return with_scheduler

    return decorate
