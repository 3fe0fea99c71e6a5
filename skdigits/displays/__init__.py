"""Pictures of digits, networks and what they make of each other, one Display class a module.

They follow scikit-learn's pattern: a class method ``from_...`` computes and draws, the constructor
keeps what was computed, ``plot`` draws it again; ``ax_`` or ``axes_`` and ``figure_`` are there
afterwards. pyplot is imported when a figure has to be made, not before.
"""

from skdigits.displays._architecture import ArchitectureDisplay
from skdigits.displays._cross_validation import CrossValidationDisplay
from skdigits.displays._digit_image_encoder import DigitImageEncoderDisplay
from skdigits.displays._digit_samples import DigitSamplesDisplay
from skdigits.displays._feature_maps import FeatureMapDisplay
from skdigits.displays._filters import FilterDisplay
from skdigits.displays._mistakes import MistakesDisplay
from skdigits.displays._number_reading import NumberReadingDisplay
from skdigits.displays._reliability import ReliabilityDisplay
from skdigits.displays._saliency import SaliencyDisplay
from skdigits.displays._scales import log_y
from skdigits.displays._training_history import TrainingHistoryDisplay

__all__ = [
    "ArchitectureDisplay",
    "CrossValidationDisplay",
    "DigitImageEncoderDisplay",
    "DigitSamplesDisplay",
    "FeatureMapDisplay",
    "FilterDisplay",
    "MistakesDisplay",
    "NumberReadingDisplay",
    "ReliabilityDisplay",
    "SaliencyDisplay",
    "TrainingHistoryDisplay",
    "log_y",
]
