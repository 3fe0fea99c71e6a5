"""Pictures of digits, networks and what they make of each other, one Display class a module.

They follow scikit-learn's pattern: a class method ``from_...`` computes and draws, the constructor
keeps what was computed, ``plot`` draws it again; ``ax_`` or ``axes_`` and ``figure_`` are there
afterwards. pyplot is imported when a figure has to be made, not before.
"""

from skdigits.displays._digit_samples import DigitSamplesDisplay

__all__ = ["DigitSamplesDisplay"]
