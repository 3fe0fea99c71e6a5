"""How good a classifier is: metrics once it is fitted, and over the folds of a cross-validation."""

from skdigits.evaluation._calibration import expected_calibration_error, selective_accuracy
from skdigits.evaluation._classification import ClassificationEvaluation, evaluate
from skdigits.evaluation._folds import FoldEvaluation, FoldsEvaluation, evaluate_folds
from skdigits.evaluation._pairs import PairedDifference, paired_difference
from skdigits.evaluation._robustness import evaluate_robustness

__all__ = [
    "ClassificationEvaluation",
    "FoldEvaluation",
    "FoldsEvaluation",
    "PairedDifference",
    "evaluate",
    "evaluate_folds",
    "evaluate_robustness",
    "expected_calibration_error",
    "paired_difference",
    "selective_accuracy",
]
