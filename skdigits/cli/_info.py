"""Print what a bug report should say: ``skdigits info``."""

import json
from typing import Any

import click

from skdigits.cli import _options as options

__all__ = ["info"]


@click.command(
    "info",
    short_help="Print what a bug report should say.",
    epilog=options.examples("info", "info --no-tensorflow --json"),
)
@click.option(
    "--tensorflow/--no-tensorflow",
    default=True,
    help="Say how TensorFlow is set up; it is imported for that, which takes a few seconds.",
)
@options.json()
def info(tensorflow: bool, as_json: bool) -> None:
    """Print what a bug report should say: versions, machine, data, TensorFlow."""
    from skdigits.datasets import describe_storage
    from skdigits.information import collect_information

    if tensorflow:
        click.echo("Importing TensorFlow: a few seconds. --no-tensorflow skips it.", err=True)
    information = collect_information(tensorflow=tensorflow) | describe_storage()
    if as_json:
        click.echo(json.dumps(information, indent=2))
        return
    for name, value in information.items():
        click.echo(f"{name}: {_plain(value)}")


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    names = {None: "unknown", True: "yes", False: "no"}
    return names[value] if value is None or isinstance(value, bool) else str(value)
