"""Recognise the digit in the bytes of a picture, as the page shows it; knows nothing of HTTP."""

from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from skdigits.datasets import load_optdigits
from skdigits.evaluation import occlusion_map
from skdigits.pictures import read_digit, read_several
from skdigits.preprocessing import check_reading

__all__ = ["Recognition"]

# Single counts hardly matter to a network that sees the others; four of them do.
_OCCLUDED = 2


class Recognition:
    """A fitted model and the encoder of the pictures that it is asked about.

    The model is fitted on rows of 64 counts 0..16; TypeError if it does not give probabilities,
    ValueError if it does not take such rows. The encoder is that of
    :func:`skdigits.pictures.read_digit`.
    """

    def __init__(self, model: Any, encoder: Any) -> None:
        if not (hasattr(model, "predict_proba") and hasattr(model, "classes_")):
            raise TypeError(
                f"Expected a fitted classifier with predict_proba, got {type(model).__name__}."
            )
        self.model = model
        self.encoder = encoder
        self._threads = ThreadpoolController()
        self._labels = np.asarray(model.classes_).tolist()
        # What is built with the first prediction is built before the first stroke.
        shape = np.shape(model.predict_proba(load_optdigits().data[:1]))
        if shape != (1, len(self._labels)):
            raise ValueError(
                f"predict_proba gave an array of shape {shape} for one image; expected "
                f"(1, {len(self._labels)}), a probability for each class."
            )

    def __call__(self, picture: bytes, *, occlusion: bool = False) -> dict[str, Any]:
        """Recognise one digit.

        Returns ``label``, ``probabilities`` (dicts of ``label`` and ``probability``, in the order
        of the classes), ``counts`` (8 lists of 8, in 0..16), ``findings`` (kinds of what
        ``check_reading`` says of it, usually none), ``novelty`` (how unlike a digit
        it is, 0 to 1, or None), ``number`` (the text of several digits, if it shows such, or
        None), ``milliseconds`` that it took and, if asked for, ``occlusion``: 8 lists of 8, what
        each part of the image matters to the answer, in nats. It is a PictureError if the picture
        cannot be read, or shows no digit.
        """
        start = perf_counter()
        # One image is too little to share out: waiting for threads takes longer than the work.
        with self._threads.limit(limits=1):
            answer = self._answer(picture, occlusion)
        return {**answer, "milliseconds": round(1000 * (perf_counter() - start), 3)}

    def _answer(self, picture: bytes, occlusion: bool) -> dict[str, Any]:
        reading = read_digit(picture, self.model, encoder=self.encoder)
        number = read_several(picture, self.model, encoder=self.encoder, novelty=reading.novelty)
        counts, probabilities = reading.counts, reading.probabilities
        answer = {
            "label": reading.label,
            "probabilities": [
                {"label": label, "probability": probability}
                for label, probability in zip(self._labels, probabilities.tolist(), strict=True)
            ],
            "counts": counts.tolist(),
            "findings": [finding.kind for finding in check_reading(reading)],
            "novelty": reading.novelty,
            "number": None if number is None else number.text,
        }
        if occlusion:
            class_index = int(np.argmax(probabilities))
            answer["occlusion"] = occlusion_map(self.model, counts, class_index, _OCCLUDED).tolist()
        return answer
