"""Check what was read in a picture, and say what is odd about it."""

from dataclasses import replace

import numpy as np

from skdigits.pictures import NOT_SURE, DigitReading
from skdigits.preprocessing._check_digits import Finding, check_digits

__all__ = ["check_reading"]

# Part of the ink that is left of most pictures without ruled lines, specks and the paper's edge.
_LEAST_LEFT = 0.5


def check_reading(reading: DigitReading) -> list[Finding]:
    """Check a digit that was read in a picture, and say what is odd about it.

    Parameters
    ----------
    reading : DigitReading
        Result of :func:`skdigits.pictures.read_digit`.

    Returns
    -------
    list of Finding
        Those of :func:`check_digits` about its counts, "unlike_a_digit" or "unsure" if it has a
        `doubt`, and "cleaned" if less than half of the ink was left when lines, specks and the edge
        of the paper were taken out.
    """
    findings = [
        replace(finding, message=f"The counts are unlike those of a digit: {finding.kind}.")
        for finding in check_digits(reading.counts.reshape(1, -1))
    ]
    if reading.doubt is not None:
        message = reading.doubt
        if len(reading.classes) > 1:
            second = np.argsort(reading.probabilities)[-2]
            guess = f"{reading.classes[second]} ({reading.probabilities[second]:.1%})"
            message = f"{message} The second guess is {guess}."
        kind = "unlike_a_digit" if reading.doubt == NOT_SURE else "unsure"
        findings.append(Finding(kind, (0,), message))
    if reading.ink_left is not None and reading.ink_left < _LEAST_LEFT:
        message = (
            f"{1 - reading.ink_left:.0%} of the ink was taken for ruled lines, specks or the edge "
            "of the paper. Cut out the digit, or look at the steps of the encoder."
        )
        findings.append(Finding("cleaned", (0,), message))
    return findings
