"""Print what a bug report needs: ``skdigits info``."""

from typing import Any

import click

from skdigits.cli import _options as options

__all__ = ["info"]


@click.command(
    "info",
    short_help="Print what a bug report needs.",
    epilog=options.examples("info", "info > report.txt"),
)
def info() -> None:
    """Print what a bug report needs: versions, machine, data, TensorFlow's setup."""
    from skdigits.datasets import describe_storage
    from skdigits.information import collect_information

    information = collect_information(tensorflow=False) | describe_storage()
    _print(information)
    # Last, because importing TensorFlow takes seconds, and may end the process on old processors.
    with_tensorflow = collect_information()
    _print({name: with_tensorflow[name] for name in with_tensorflow.keys() - information.keys()})


def _print(information: dict[str, Any]) -> None:
    for name, value in information.items():
        click.echo(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
