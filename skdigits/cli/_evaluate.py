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
@options.json()
def evaluate(model: Path, data: str, as_json: bool) -> None:
    """Measure a saved model on samples with known labels that it was not trained on.

    MODEL is a file of "skdigits train" or skdigits.save_model. Of the packaged data, the test
    subset is measured on; of the file that the model was trained on, the fifth that "train" has
    set aside; of another file, all samples.
    """
    with problems_in_one_line():
        from skdigits.model_training import evaluate_model

        evaluation = evaluate_model(model, data)
    from skdigits.cli._tables import print_evaluation
    from skdigits.report import json_ready

    if as_json:
        figures = {**evaluation.to_dict(), "accuracy_interval": evaluation.accuracy_interval()}
        click.echo(json.dumps(json_ready(figures), indent=2, allow_nan=False))
        return
    print_evaluation(evaluation)
