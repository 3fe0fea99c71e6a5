"""Print the model card of a saved model: ``skdigits card``."""

from pathlib import Path

import click

from skdigits.cli import _options as options
from skdigits.cli._terminal import problems_in_one_line

__all__ = ["card"]


@click.command(
    "card",
    short_help="Print the model card of a saved model.",
    epilog=options.examples("card digits.skdigits", "card digits.skdigits > CARD.md"),
)
@options.model()
def card(model: Path) -> None:
    """Print the model card of a saved model, in Markdown, from what its file says.

    MODEL is a file of "skdigits train", which stores scores, or of skdigits.save_model.
    """
    with problems_in_one_line():
        from skdigits.report import render_card

        text = render_card(model)
    click.echo(text, nl=False)
