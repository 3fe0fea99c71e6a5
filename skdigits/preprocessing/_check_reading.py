"""Check what was read in a picture, and say what is odd about it."""

from skdigits.pictures import DigitReading
from skdigits.preprocessing._check_digits import Finding, check_digits

__all__ = ["check_reading"]

# Part of the ink that ruled lines, specks and the edge of the paper rarely are more than.
_LEAST_LEFT = 0.5


def check_reading(reading: DigitReading) -> list[Finding]:
    """Check a digit that was read in a picture, and say what is odd about it.

    Parameters
    ----------
    reading : DigitReading
        What :func:`skdigits.pictures.read_digit` returns.

    Returns
    -------
    list of Finding
        Those of :func:`check_digits` about its counts and its novelty, and "cleaned" if less than
        half of the ink was left when lines, specks and the edge of the paper were taken out.
    """
    novelty = None if reading.novelty is None else [reading.novelty]
    findings = check_digits(reading.counts.reshape(1, -1), novelty=novelty)
    if reading.ink_left is not None and reading.ink_left < _LEAST_LEFT:
        findings.append(
            Finding(
                "cleaned",
                (0,),
                f"{1 - reading.ink_left:.0%} of the ink was taken for ruled lines, specks or the "
                "edge of the paper: look at DigitImageEncoder().explain(picture), and cut out the "
                "digit, or pass remove_lines=False or speck_fraction=0 to the encoder.",
            )
        )
    return findings
