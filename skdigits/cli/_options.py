"""Options that several commands have."""

import click

from skdigits._parameters import CONFIGURATIONS

__all__ = ["config_option", "data_option"]

data_option = click.option(
    "--data",
    default="packaged",
    show_default=True,
    metavar="packaged|uci|FILE.csv",
    help="The packaged digits, the same live from UCI, or a file of rows of 64 counts 0..16 "
    "and a label.",
)

config_option = click.option(
    "--config",
    type=click.Choice(tuple(CONFIGURATIONS)),
    default="default",
    show_default=True,
    help="The default network, one that trains in a second, or that of the original study.",
)
