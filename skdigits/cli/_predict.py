"""``skdigits predict``: read the digits in pictures."""

import json
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from skdigits.cli import _options as options
from skdigits.cli._model import load_reader
from skdigits.cli._picture_files import STDIN, open_picture, picture_files
from skdigits.cli._terminal import in_one_line, problems_in_one_line, warnings_in_one_line
from skdigits.exceptions import DigitsWarning, PictureError

if TYPE_CHECKING:
    from skdigits.cli._explanations import Explanations

__all__ = ["predict"]

# Errors of one picture, after which the others are read all the same.
_PROBLEMS = (OSError, ValueError, MemoryError)

# The answer about a picture, as JSON has it, and the warnings about it.
_Answer = tuple[dict[str, Any], list[str]]
_Read = Callable[[str, BinaryIO, Any, "Explanations | None"], _Answer]


@click.command(
    "predict",
    short_help="Read the digits in pictures.",
    epilog=options.examples("predict seven.png", "predict --several --explain figures scans"),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--model",
    "model_file",
    type=options.existing_file,
    metavar="FILE",
    help="A model that `skdigits train -o FILE` wrote. [the one that comes with skdigits]",
)
@click.option(
    "--several", is_flag=True, help="Look for several digits in each picture: read the number."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line for each picture."
)
@click.option(
    "--explain",
    type=options.folder,
    metavar="FOLDER",
    help="Write a figure for each picture: how it became what the network sees.",
)
def predict(
    *,
    files: tuple[str, ...],
    model_file: Path | None,
    several: bool,
    as_json: bool,
    explain: Path | None,
) -> None:
    """Recognise the digit in each picture.

    FILE is a picture (PNG, JPEG, BMP, TIFF, GIF and others), a folder, or - for a picture from
    standard input. Folders are searched for pictures with their subfolders. A picture that cannot
    be read is named on standard error, and the others are read; the exit status is then 1.
    """
    if files.count(STDIN) > 1:
        raise click.UsageError("Standard input, -, can be read only once.")
    figures = None
    with problems_in_one_line():
        from skdigits.pictures import check_model

        model = load_reader(model_file)
        check_model(model)  # once, and not for each picture
        if explain is not None:
            from skdigits.cli._explanations import Explanations

            figures = Explanations(explain)
    read: _Read = _read_number if several else _read_digit
    failed = False
    with warnings_in_one_line(), DigitsWarning.silenced():
        for name, error in picture_files(files, _warn):
            try:
                if error:
                    raise error
                with open_picture(name) as file:
                    answer, warnings = read(name, file, model, figures)
            except _PROBLEMS as problem:
                failed = True
                answer, warnings = {"error": _reason(problem)}, []
                click.echo(f"Error: {_shown(name)}: {_reason(problem)}", err=True)
            for warning in warnings:
                _warn(name, warning)
            if as_json:
                click.echo(json.dumps({"file": name, **answer}))
            elif "error" not in answer:
                text = answer.get("number", answer.get("digit"))
                line = str(text).replace("\n", " / ")
                click.echo(f"{_shown(name)}: {line} ({answer['confidence']:.1%})")
    raise SystemExit(1 if failed else 0)


def _read_digit(name: str, file: BinaryIO, model: Any, figures: "Explanations | None") -> _Answer:
    from skdigits.pictures import read_digit, read_several
    from skdigits.preprocessing import check_reading

    picture = file.read()  # bytes: of a photograph, no more is decoded than one digit needs
    reading = read_digit(picture, model, explain=figures is not None)
    findings = check_reading(reading)
    answer = {
        **_digit(reading.label, reading.probabilities, reading.classes, reading.novelty),
        "findings": [finding.kind for finding in findings],
    }
    warnings = [finding.message for finding in findings]
    number = read_several(picture, model, novelty=reading.novelty)
    if number is not None:
        answer["several"] = number.text
        warnings = [f"This looks like several digits, {number.text!r}: try --several."]
    if figures is not None:
        answer["figure"] = str(figures.write(name, None, reading))
    return answer, warnings


def _read_number(name: str, file: BinaryIO, model: Any, figures: "Explanations | None") -> _Answer:
    from skdigits.pictures import LEAST_CONFIDENCE, read_number, read_picture

    picture = read_picture(file)
    reading = read_number(picture, model)
    if not reading.boxes:
        raise PictureError("No digits were found in the picture.")
    novelties = [None] * len(reading.boxes) if reading.novelty is None else reading.novelty.tolist()
    digits = [
        {
            **_digit(label, probabilities, reading.classes, novelty),
            "line": box.line,
            "box": [box.left, box.top, box.right, box.bottom],
        }
        for box, label, probabilities, novelty in zip(
            reading.boxes, reading.labels.tolist(), reading.probabilities, novelties, strict=True
        )
    ]
    confidence = prod(digit["confidence"] for digit in digits)
    answer = {"number": reading.text, "confidence": confidence, "digits": digits}
    if figures is not None:
        answer["figure"] = str(figures.write(name, picture, reading))
    warnings = ['Signs that look unlike a digit are "?".'] if "?" in reading.text else []
    unsure = sum(digit["confidence"] < LEAST_CONFIDENCE for digit in digits)
    if unsure:
        warnings.append(f"Not sure which digits these are: {unsure} of {len(digits)}.")
    return answer, warnings


def _digit(label: Any, probabilities: Any, classes: Any, novelty: float | None) -> dict[str, Any]:
    values = probabilities.tolist()
    by_label = {str(name): value for name, value in zip(classes.tolist(), values, strict=True)}
    known = {} if novelty is None else {"novelty": novelty}
    return {"digit": label, "confidence": max(values), **known, "probabilities": by_label}


def _warn(name: str, warning: str) -> None:
    click.echo(f"Warning: {_shown(name)}: {_shown(warning)}", err=True)


def _reason(problem: Exception) -> str:
    """Return what went wrong, without the name of the file."""
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.strerror}."
    return in_one_line(problem) or f"{type(problem).__name__}."


def _shown(name: str) -> str:
    """Return a name without characters that could control the terminal."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in name)
