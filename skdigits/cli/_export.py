"""Write a saved model for other programs: ``skdigits export``."""

from pathlib import Path

import click

from skdigits.cli import _options as options
from skdigits.cli._model import load_reader
from skdigits.cli._terminal import problems_in_one_line

__all__ = ["export"]

_SUFFIXES = {"onnx": ".onnx", "keras": ".keras"}


@click.command(
    "export",
    short_help="Write a model as ONNX or Keras.",
    epilog=options.examples("export", "export digits.skdigits --to keras"),
)
@options.model(required=False)
@click.option(
    "--to",
    "form",
    type=click.Choice(list(_SUFFIXES)),
    help="ONNX or plain Keras. [by --output's suffix; else onnx]",
)
@options.output_file(
    help="File to write; one that is there is replaced. "
    "[MODEL, or digits, with the suffix .onnx or .keras]"
)
def export(model: Path | None, form: str | None, output: Path | None) -> None:
    """Write a saved model for programs without skdigits.

    MODEL is a file of "skdigits train" or skdigits.save_model; without one, the model that comes
    with skdigits is taken. What is written takes the same flat rows and gives the same
    probabilities; ONNX gives the labels as well.
    """
    forms = {suffix: name for name, suffix in _SUFFIXES.items()}
    form = form or forms.get(output.suffix if output else "", "onnx")
    output = output or (model or Path("digits")).with_suffix(_SUFFIXES[form])
    _check_output(output, form, model)
    with problems_in_one_line():
        try:
            if form == "onnx":
                import onnx  # noqa: F401  (before a model is trained)
        except ModuleNotFoundError as error:
            raise click.ClickException(
                f"Exporting to ONNX needs {error.name}, which is not installed. Try "
                "pip install onnx."
            ) from error
        from skdigits.export import to_keras, to_onnx
        from skdigits.persistence import load_predictor

        predictor = load_predictor(model) if model else load_reader(None)
        output.parent.mkdir(parents=True, exist_ok=True)
        try:
            (to_onnx if form == "onnx" else to_keras)(predictor, output)
        except TypeError as error:  # of labels that ONNX does not have
            raise click.ClickException(str(error)) from error
    classes = ", ".join(str(label) for label in predictor.classes_)
    click.echo(f"Wrote {click.format_filename(output)}: probabilities of the classes {classes}.")


def _check_output(output: Path, form: str, model: Path | None) -> None:
    if model and output.exists() and output.samefile(model):
        raise click.UsageError("--output: it would replace MODEL; choose another name.")
    others = set(_SUFFIXES.values()) - {_SUFFIXES[form]}
    if output.suffix in others or (form == "keras" and output.suffix != ".keras"):
        raise click.UsageError(
            f"--output: {output} does not end in {_SUFFIXES[form]}, as files of --to {form} do."
        )
