"""Draw digits, networks and predictions, with one Display class in each module.

The classes follow scikit-learn's pattern. A class method ``from_...`` computes and draws, and is
the usual way to create a display; the constructor only stores what is drawn, and ``plot`` draws
it again. Afterwards, the axes and the figure are found in ``ax_`` or ``axes_`` and ``figure_``.
pyplot is imported when a figure has to be created, not before.
"""

from skdigits.displays._architecture import ArchitectureDisplay
from skdigits.displays._cross_validation import CrossValidationDisplay
from skdigits.displays._digit_image_encoder import DigitImageEncoderDisplay
from skdigits.displays._digit_samples import DigitSamplesDisplay
from skdigits.displays._feature_maps import FeatureMapDisplay
from skdigits.displays._filters import FilterDisplay
from skdigits.displays._layout import log_y, plain_number
from skdigits.displays._mistakes import MistakesDisplay
from skdigits.displays._number_reading import NumberReadingDisplay
from skdigits.displays._reliability import ReliabilityDisplay, draw_expected_mistakes
from skdigits.displays._saliency import SaliencyDisplay
from skdigits.displays._search import SearchDisplay
from skdigits.displays._training_history import TrainingHistoryDisplay, loss_label

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
    "SearchDisplay",
    "TrainingHistoryDisplay",
    "draw_expected_mistakes",
    "log_y",
    "loss_label",
    "plain_number",
]
