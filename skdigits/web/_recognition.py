"""Recognise the digit in the bytes of a picture, as the page shows it; knows nothing of HTTP."""

from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from skdigits.datasets import load_optdigits
from skdigits.evaluation import occlusion_map
from skdigits.exceptions import DigitsWarning
from skdigits.pictures import NOT_SURE, check_model, read_digit, read_several
from skdigits.preprocessing import check_reading

__all__ = ["Recognition"]

# Side of the squares that are blanked: single counts hardly matter to a network that sees the
# others; four of them do.
_OCCLUDED = 2


class Recognition:
    """A fitted model and the encoder of the pictures that it is asked about.

    Parameters are those of :func:`skdigits.pictures.read_digit`. It is a TypeError if the model
    does not give probabilities, and a ValueError if it does not take rows of 64 counts.
    """

    def __init__(self, model: Any, encoder: Any = None, outlier_label: Any = None) -> None:
        check_model(model, encoder)
        self.model = model
        self._settings = {"encoder": encoder, "outlier_label": outlier_label}
        self._threads = ThreadpoolController()
        # What is built with the first prediction is built before the first stroke.
        model.predict_proba(load_optdigits().data[:1])

    def __call__(self, picture: bytes, *, occlusion: bool = False) -> dict[str, Any]:
        """Recognise one digit.

        Returns ``label``, ``probabilities`` (dicts of ``label`` and ``probability``, in the order
        of the classes), ``counts`` (8 lists of 8, in 0..16), ``findings`` (the kinds that
        ``check_reading`` finds, usually none), ``doubt`` (the sentence for findings, or None),
        ``novelty`` (how unlike a digit it is, 0 to 1, or None), ``number`` (the text of several
        digits, if it shows such, or None), ``milliseconds`` that it took and, if asked for,
        ``occlusion``: 8 lists of 8, how much each part of the image matters to the answer, in
        nats. It is a PictureError if the picture cannot be read, or shows no digit.
        """
        start = perf_counter()
        # One image is too little to share out: waiting for threads takes longer than the work.
        # The constructor has warned of a model that was trained on other samples.
        with self._threads.limit(limits=1), DigitsWarning.silenced():
            answer = self._answer(picture, occlusion)
        return {**answer, "milliseconds": round(1000 * (perf_counter() - start), 3)}

    def _answer(self, picture: bytes, occlusion: bool) -> dict[str, Any]:
        reading = read_digit(picture, self.model, **self._settings)
        number = read_several(picture, self.model, novelty=reading.novelty, **self._settings)
        findings = [finding.kind for finding in check_reading(reading)]
        answer = {
            "label": reading.label,
            "probabilities": [
                {"label": label, "probability": probability}
                for label, probability in zip(
                    reading.classes.tolist(), reading.probabilities.tolist(), strict=True
                )
            ],
            "counts": reading.counts.tolist(),
            "findings": findings,
            "doubt": (reading.doubt or NOT_SURE) if findings and number is None else None,
            "novelty": reading.novelty,
            "number": None if number is None else number.text,
        }
        if occlusion:
            class_index = np.asarray(self.model.classes_).tolist().index(reading.label)
            lost = occlusion_map(self.model, reading.counts, class_index, _OCCLUDED)
            answer["occlusion"] = lost.tolist()
        return answer
