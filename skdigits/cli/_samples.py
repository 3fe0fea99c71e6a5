"""Name the sample pictures that come with skdigits: ``skdigits samples``."""

import click

from skdigits.cli import _options as options

__all__ = ["samples"]


@click.command(
    "samples",
    short_help="Name the sample pictures of digits.",
    epilog=options.examples("samples", "samples --several"),
)
@click.option("--several", is_flag=True, help="Those of several digits, for predict --several.")
def samples(several: bool) -> None:
    """Print the files of the sample pictures, to try `skdigits predict` with.

    In bash, zsh and PowerShell: skdigits predict $(skdigits samples)
    """
    from skdigits.datasets import sample_pictures

    for path in sample_pictures(several=several):
        click.echo(path)
