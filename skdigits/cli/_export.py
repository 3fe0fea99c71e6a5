"""Write a model for other programs: ``skdigits export``."""

from pathlib import Path

import click

from skdigits.cli import _options as options
from skdigits.cli._model import load_reader
from skdigits.cli._terminal import problems_in_one_line

__all__ = ["export"]


@click.command(
    "export",
    short_help="Write a model as ONNX or Keras.",
    epilog=options.examples("export", "export digits.skdigits -o digits.keras"),
)
@options.model(required=False)
@options.output_file(
    help="File to write, whose suffix, .onnx or .keras, names the format; an existing file is "
    "replaced. [MODEL, or digits, with the suffix .onnx]"
)
def export(model: Path | None, output: Path | None) -> None:
    """Write a model for programs without skdigits.

    MODEL is a file of "skdigits train" or skdigits.save_model; without it, the model that comes
    with skdigits is taken. The file takes the same flat rows and gives the same probabilities;
    ONNX gives the labels as well.
    """
    output = output or (model or Path("digits")).with_suffix(".onnx")
    if output.suffix not in {".onnx", ".keras"}:
        raise click.UsageError(f"--output: {output} ends neither in .onnx nor in .keras.")
    if model and output.exists() and output.samefile(model):
        raise click.UsageError("--output: it would replace MODEL; choose another name.")
    with problems_in_one_line():
        from skdigits.export import to_keras, to_onnx
        from skdigits.persistence import load_predictor

        predictor = load_predictor(model) if model else load_reader(None)
        output.parent.mkdir(parents=True, exist_ok=True)
        try:
            (to_onnx if output.suffix == ".onnx" else to_keras)(predictor, output)
        except TypeError as error:  # ONNX has no labels of this type
            raise click.ClickException(str(error)) from error
    classes = ", ".join(str(label) for label in predictor.classes_)
    click.echo(f"Wrote {click.format_filename(output)}: probabilities of the classes {classes}.")
