"""Define the options that several commands have, each to be called as a decorator.

They have short words and set the parameter of the function that the command calls. What a
command says otherwise, such as ``help``, it gives as a keyword.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
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
    "json",
    "model",
    "output_file",
    "output_folder",
    "parallel",
    "seed",
    "split_names",
]


def examples(*commands: str) -> str:
    """Return the end of a command's help."""
    return "\n".join(["\b", "Examples:", *(f"  skdigits {command}" for command in commands)])


class _Data(click.Path):
    """The name of data that come with skdigits, or a file."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if value in {"packaged", "uci"}:
            return value
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            return self.fail(f"{error.message} Expected packaged, uci or a CSV file.", param, ctx)


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
        """Raise OSError if nothing can be written there."""
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "not a file"
            raise OSError(f"{path} is {what}. Name a file to be written.")
        check_writable(path.parent)


class _OutputFolder(_OutputFile):
    """A folder that can be written to, which may not exist yet."""

    def check(self, path: Path) -> None:
        check_writable(path)


def _n_jobs(context: click.Context, option: click.Parameter, value: int | None) -> int | None:
    if value == 0:
        raise click.BadParameter("0 is no number of fits; expected 1, 2, ..., or -1.")
    return value


def _check_address(context: click.Context, option: click.Parameter, value: str | None) -> Any:
    if value is not None and not re.fullmatch(r"(\w+://)?[^\s/]+:\d+", value):
        raise click.BadParameter(
            f"{value!r} is no address of a scheduler; expected one such as tcp://10.0.0.1:8786."
        )
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
folder = _OutputFolder()
output_folder = partial(click.option, "--output", type=folder, show_default=True)
output_file = partial(click.option, "-o", "--output", type=_OutputFile(), metavar="FILE")


def parallel(
    *, help: str = "Fits to run in parallel; -1 for one on each core. [1]"
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator of commands that run many fits: --jobs, --backend and --scheduler.

    The command is called with ``n_jobs``, within joblib's backend.
    """
    options = [
        click.option("--jobs", "n_jobs", type=int, callback=_n_jobs, help=help),
        click.option(
            "--backend",
            type=click.Choice(("loky", "threading", "dask")),
            default="loky",
            show_default=True,
            help="What --jobs are: processes or threads of this machine, or workers of a Dask "
            "cluster (one for each core unless --jobs says otherwise), which may die without loss.",
        ),
        click.option(
            "--scheduler",
            callback=_check_address,
            metavar="ADDRESS",
            help="Scheduler of a cluster for --backend dask. [a cluster on this machine]",
        ),
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_backend(
            n_jobs: int | None, backend: str, scheduler: str | None, **settings: Any
        ) -> None:
            if scheduler is not None and backend != "dask":
                raise click.UsageError("--scheduler goes with --backend dask.")
            if scheduler is not None and n_jobs is not None:
                raise click.UsageError("--jobs does not go with --scheduler, which has workers.")
            with ExitStack() as stack:
                with problems_in_one_line():
                    stack.enter_context(_running_on(backend, scheduler, n_jobs))
                command(n_jobs=n_jobs, **settings)

        for option in reversed(options):
            with_backend = option(with_backend)
        return with_backend

    return decorate


@contextmanager
def _running_on(backend: str, scheduler: str | None, n_jobs: int | None) -> Iterator[None]:
    """Run what is parallel within the block on a backend of joblib's."""
    from joblib import effective_n_jobs, parallel_config

    if backend != "dask":
        with parallel_config(backend):
            yield
        return
    from skdigits.parallel import dask_backend, local_cluster

    with ExitStack() as stack:
        try:
            if scheduler is None:
                cluster = stack.enter_context(local_cluster(effective_n_jobs(n_jobs or -1)))
                scheduler = cluster.scheduler_address
            stack.enter_context(dask_backend(scheduler))
        except ImportError as error:
            raise click.ClickException(str(error)) from error
        yield
