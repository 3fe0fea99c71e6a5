"""Define the options that several commands have, each to be called as a decorator.

They have short words and set the parameter of the function that the command calls. What a
command says otherwise, such as ``help``, it gives as a keyword.
"""

from functools import partial
from pathlib import Path

import click

from skdigits._parameters import CONFIGURATIONS

__all__ = [
    "config",
    "data",
    "epochs",
    "folds",
    "jobs",
    "json",
    "model",
    "output_file",
    "output_folder",
    "seed",
]

model = partial(click.argument, "model", type=click.Path(path_type=Path))

data = partial(
    click.option,
    "--data",
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
jobs = partial(
    click.option,
    "--jobs",
    "n_jobs",
    type=int,
    help="Fits to run in parallel; -1 for one on each core. [1]",
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
output_folder = partial(
    click.option, "--output", type=click.Path(path_type=Path), show_default=True
)
output_file = partial(
    click.option, "-o", "--output", type=click.Path(path_type=Path), metavar="FILE"
)
