"""``skdigits evaluate``."""

import json
from pathlib import Path

import click

from skdigits.cli._options import data_option
from skdigits.cli._terminal import problems_in_one_line

__all__ = ["evaluate"]


@click.command("evaluate")
@click.argument("model", type=click.Path(path_type=Path))
@data_option
@click.option(
    "--rows",
    type=click.Choice(("train", "test", "all")),
    help="UCI's training part or test part (of a file: four fifths, or the other fifth, as "
    "`train` has them), or all rows. [test; all of a file]",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def evaluate(model: Path, data: str, rows: str | None, as_json: bool) -> None:
    """Measure a saved model on rows with known labels.

    MODEL is a file of "skdigits train" or skdigits.save_model.
    """
    from rich.console import Console

    with problems_in_one_line():
        from skdigits.model_training import evaluate_model
        from skdigits.report import json_ready, print_evaluation

        evaluation = evaluate_model(model, data, rows=rows)
    if as_json:
        figures = {**evaluation.to_dict(), "accuracy_interval": evaluation.accuracy_interval()}
        click.echo(json.dumps(json_ready(figures), indent=2, allow_nan=False))
        return
    print_evaluation(evaluation, console=Console())
