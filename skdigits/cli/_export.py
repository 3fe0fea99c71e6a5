"""Write a saved model for other programs: ``skdigits export``."""

from pathlib import Path

import click

from skdigits.cli import _options as options
from skdigits.cli._terminal import problems_in_one_line

__all__ = ["export"]

_SUFFIXES = {"onnx": ".onnx", "keras": ".keras", "litert": ".tflite"}


@click.command("export")
@options.model()
@click.option(
    "--to",
    "form",
    type=click.Choice(list(_SUFFIXES)),
    required=True,
    help="ONNX, plain Keras, or LiteRT (TensorFlow Lite).",
)
@options.output_file(
    help="File to write; one that is there is replaced. "
    "[MODEL, with the suffix .onnx, .keras or .tflite]"
)
def export(model: Path, form: str, output: Path | None) -> None:
    """Write a saved model for programs without skdigits.

    MODEL is a file of "skdigits train" or skdigits.save_model. What is written takes the same
    flat rows and gives the same probabilities; ONNX gives the labels as well.
    """
    output = output or model.with_suffix(_SUFFIXES[form])
    if output.absolute() == model.absolute():
        raise click.UsageError("The output would replace MODEL; choose another name with -o.")
    with problems_in_one_line():
        from skdigits.export import to_keras, to_litert, to_onnx
        from skdigits.persistence import load_predictor

        predictor = load_predictor(model)
        try:
            {"onnx": to_onnx, "keras": to_keras, "litert": to_litert}[form](predictor, output)
        except ImportError as error:  # of an extra
            raise click.ClickException(str(error)) from error
    classes = ", ".join(str(label) for label in predictor.classes_)
    click.echo(f"Wrote {output}: probabilities of the classes {classes}.")
