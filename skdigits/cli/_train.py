"""``skdigits train``."""

from pathlib import Path
from typing import Any

import click

from skdigits.cli._options import config_option, data_option
from skdigits.cli._terminal import problems_in_one_line, progress_bars

__all__ = ["train"]


@click.command("train")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The model's file. One that is there already is replaced, once the new one is whole.",
)
@data_option
@config_option
@click.option("--epochs", type=click.IntRange(min=1), help="Epochs of each fit. [the network's]")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=42,
    show_default=True,
    help="Seed of the networks and the folds.",
)
@click.option(
    "--rows",
    type=click.Choice(("train", "all")),
    default="train",
    show_default=True,
    help="UCI's training part, to be scored on the writers of its test part (of a file, all but "
    "a fifth, to be scored on that); or all rows, to be scored by the folds alone.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    help="Folds of a cross-validation of the rows trained on, besides. [none; 5 with --rows all]",
)
@click.option(
    "--optimizer", is_flag=True, help="Keep the optimizer's state, so that training can go on."
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Keep each epoch in this folder: after a kill the same command goes on from there.",
)
def train(output: Path, optimizer: bool, checkpoint: Path | None, **settings: Any) -> None:
    """Train a network and write it to a file, with its scores on rows that it has not seen.

    The file is what `evaluate`, `card` and skdigits.load_model take.
    """
    from rich.console import Console

    _check_replaceable(output, settings["data"])
    with problems_in_one_line(), progress_bars() as progress:
        from skdigits.model_training import train_model
        from skdigits.persistence import save_model
        from skdigits.report import check_writable, print_trained_model

        check_writable(output.parent)
        try:
            model = train_model(checkpoint=checkpoint, progress=progress, **settings)
        except KeyboardInterrupt:
            if checkpoint is not None and any(checkpoint.glob("*.checkpoint")):
                click.echo(f"What is finished is kept in {checkpoint}.", err=True)
            raise
        output.parent.mkdir(parents=True, exist_ok=True)
        save_model(model.classifier, output, optimizer=optimizer, scores=model.scores())
    print_trained_model(model, output, console=Console())


def _check_replaceable(output: Path, data: str) -> None:
    """Let nothing be replaced that cannot be meant."""
    if not output.exists():
        return
    if not output.is_file():
        what = "a folder" if output.is_dir() else "not a file"
        raise click.UsageError(f"--output: {output} is {what}. Name a file to be written.")
    if Path(data).exists() and output.samefile(data):
        raise click.UsageError(f"--output: {output} is the data. Name another file.")
