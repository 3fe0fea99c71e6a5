"""``skdigits card``."""

from pathlib import Path

import click

from skdigits.cli._terminal import problems_in_one_line

__all__ = ["card"]


@click.command("card")
@click.argument("model", type=click.Path(path_type=Path))
def card(model: Path) -> None:
    """Print the model card of a saved model, in Markdown, from what its file says.

    MODEL is a file of "skdigits train", which stores scores, or of skdigits.save_model.
    """
    with problems_in_one_line():
        from skdigits.report import render_card

        text = render_card(model)
    click.echo(text, nl=False)
