"""Measure a saved model: ``skdigits evaluate``."""

import json
from pathlib import Path

import click

from skdigits.cli import _options as options
from skdigits.cli._terminal import problems_in_one_line

__all__ = ["evaluate"]


@click.command(
    "evaluate",
    short_help="Measure a saved model on other rows.",
    epilog=options.examples(
        "evaluate digits.skdigits", "evaluate digits.skdigits --data mine.csv --json"
    ),
)
@options.model()
@options.data()
@click.option(
    "--subset",
    type=click.Choice(("train", "test", "all")),
    help="UCI's training part or test part (of a file: four fifths, or the other fifth, as "
    "`train` has them), or all rows. [test; all of a file]",
)
@options.json()
def evaluate(model: Path, data: str, subset: str | None, as_json: bool) -> None:
    """Measure a saved model on rows with known labels.

    MODEL is a file of "skdigits train" or skdigits.save_model.
    """
    with problems_in_one_line():
        from skdigits.model_training import evaluate_model

        evaluation = evaluate_model(model, data, subset=subset)
    from skdigits.cli._tables import print_evaluation
    from skdigits.report import json_ready

    if as_json:
        figures = {**evaluation.to_dict(), "accuracy_interval": evaluation.accuracy_interval()}
        click.echo(json.dumps(json_ready(figures), indent=2, allow_nan=False))
        return
    print_evaluation(evaluation)
