"""``skdigits predict``."""

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from math import prod
from pathlib import Path
from typing import Any

import click

from skdigits.cli._model import load_reader
from skdigits.cli._picture_files import STDIN, open_picture, picture_files
from skdigits.cli._terminal import in_one_line, problems_in_one_line, warnings_in_one_line

__all__ = ["predict"]

# What may be wrong with a picture; the others go on.
_PROBLEMS = (OSError, ValueError, MemoryError)


@click.command("predict")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--model",
    "model_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A model that `skdigits train -o FILE` wrote. [one trained on the packaged digits, once]",
)
@click.option(
    "--several", is_flag=True, help="Look for several digits in each picture: read the number."
)
@click.option(
    "--polarity",
    type=click.Choice(("auto", "dark", "light")),
    default="auto",
    show_default=True,
    help="Whether ink is darker or lighter than the paper.",
)
@click.option("--proba", is_flag=True, help="Give the probability of each class as well.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each picture.")
@click.option(
    "--explain",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write a figure for each picture: how it became what the network sees.",
)
@click.option("-r", "--recursive", is_flag=True, help="Look into the folders of folders as well.")
def predict(
    *,
    files: tuple[str, ...],
    model_file: Path | None,
    several: bool,
    polarity: str,
    proba: bool,
    as_json: bool,
    explain: Path | None,
    recursive: bool,
) -> None:
    """Recognise the digit in each picture.

    FILE is a picture (PNG, JPEG, BMP, TIFF, GIF and others), a folder of pictures, or - for a
    picture from standard input. A picture that cannot be read is named on standard error, and the
    others go on; the exit status is then 1.
    """
    if files.count(STDIN) > 1:
        raise click.UsageError("Standard input, -, can be read only once.")
    with problems_in_one_line():
        recognise = _make_recogniser(
            load_reader(model_file), polarity=polarity, several=several, figures=explain
        )
    format_answer = _as_json if as_json else _as_text
    failed = False
    with warnings_in_one_line():
        for name, error in picture_files(files, recursive=recursive):
            try:
                if error:
                    raise error
                answer = {"file": name, **recognise(name)}
            except _PROBLEMS as problem:
                failed = True
                answer = {"file": name, "error": _said(problem)}
                click.echo(f"Error: {_shown(name)}: {answer['error']}", err=True)
            for kind in answer.get("findings", []):
                click.echo(f"Warning: {_shown(name)}: {_WARNING.format(kind)}", err=True)
            for line in format_answer(answer, proba=proba):
                click.echo(line)
    raise SystemExit(1 if failed else 0)


_WARNING = (
    "the 8x8 counts are not like those of a digit ({}). --several reads several digits, --explain "
    "FOLDER shows the counts."
)


def _make_recogniser(
    model: Any, *, polarity: str, several: bool, figures: Path | None
) -> Callable[[str], dict[str, Any]]:
    """Return a function from the name of a file to what it says, as JSON can hold it."""
    from skdigits.pictures import PictureEncoding

    encoder = PictureEncoding(polarity=polarity)
    recognise = _recognise_several if several else _recognise_one
    explain = None
    if figures is not None:
        from skdigits.cli._explanations import Explanations

        explain = Explanations(figures, polarity=polarity)

    def recognise_file(name: str) -> dict[str, Any]:
        picture = open_picture(name)
        with nullcontext() if isinstance(picture, bytes) else picture:
            answer, read = recognise(picture, model, encoder)
            if explain is not None:
                if not isinstance(picture, bytes):
                    picture.seek(0)
                answer["figure"] = str(explain.write(name, picture, read))
        return answer

    return recognise_file


def _recognise_one(picture: Any, model: Any, encoder: Any) -> tuple[dict[str, Any], Any]:
    from skdigits.preprocessing import check_digits

    counts = encoder.transform([picture])
    answer = _digit(model.predict_proba(counts)[0], model.classes_)
    answer["findings"] = [finding.kind for finding in check_digits(counts)]
    return answer, f"{answer['digit']} ({answer['confidence']:.1%})"


def _recognise_several(picture: Any, model: Any, encoder: Any) -> tuple[dict[str, Any], Any]:
    from skdigits.exceptions import ImageError
    from skdigits.pictures import read_number

    reading = read_number(picture, model, encoder=encoder)
    if not reading.boxes:
        raise ImageError("No digits were found in the picture.")
    digits = [
        {
            **_digit(probabilities, model.classes_),
            "line": box.line,
            "box": [box.left, box.top, box.right, box.bottom],
        }
        for box, probabilities in zip(reading.boxes, reading.probabilities, strict=True)
    ]
    confidence = prod(digit["confidence"] for digit in digits)
    return {"number": reading.text, "confidence": confidence, "digits": digits}, reading


def _digit(probabilities: Any, classes: Any) -> dict[str, Any]:
    labels, probabilities = classes.tolist(), probabilities.tolist()
    confidence = max(probabilities)
    return {
        "digit": labels[probabilities.index(confidence)],
        "confidence": confidence,
        "probabilities": {
            str(label): value for label, value in zip(labels, probabilities, strict=True)
        },
    }


def _as_json(answer: dict[str, Any], *, proba: bool) -> Iterator[str]:
    if not proba:
        for part in (answer, *answer.get("digits", [])):
            part.pop("probabilities", None)
    yield json.dumps(answer)


def _as_text(answer: dict[str, Any], *, proba: bool) -> Iterator[str]:
    if "error" in answer:
        return
    said = answer["digit"] if "digit" in answer else " / ".join(answer["number"].split("\n"))
    yield f"{_shown(answer['file'])}: {said} ({answer['confidence']:.1%})"
    for digit in answer.get("digits", [answer]) if proba else []:
        place = (
            "{} at {},{}-{},{}: ".format(digit["digit"], *digit["box"]) if "box" in digit else ""
        )
        yield f"  {place}" + "  ".join(
            f"{label} {value:.1%}" for label, value in digit["probabilities"].items()
        )


def _said(problem: Exception) -> str:
    """Return what an error says beside the name of the file."""
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.strerror}."
    return in_one_line(problem) or f"{type(problem).__name__}."


def _shown(name: str) -> str:
    """Return a name that cannot write anything else to the terminal."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in name)
