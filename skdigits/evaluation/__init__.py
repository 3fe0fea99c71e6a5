"""Measure classifiers: metrics of a fitted one, folds, calibration, robustness, differences."""

from skdigits.evaluation._calibration import (
    check_probabilities,
    expected_calibration_error,
    selective_accuracy,
)
from skdigits.evaluation._classification import (
    ClassificationEvaluation,
    evaluate,
    evaluate_predictions,
)
from skdigits.evaluation._folds import (
    FoldEvaluation,
    FoldsEvaluation,
    evaluate_folds,
    evaluate_splits,
    number_splits,
)
from skdigits.evaluation._look_inside import (
    check_classifier,
    check_fitted_classifier,
    check_probabilistic_classifier,
    digit_cnn_within,
    look_inside,
)
from skdigits.evaluation._occlusion import occlusion_map
from skdigits.evaluation._pairs import PairedDifference, paired_difference
from skdigits.evaluation._robustness import evaluate_robustness

__all__ = [
    "ClassificationEvaluation",
    "FoldEvaluation",
    "FoldsEvaluation",
    "PairedDifference",
    "check_classifier",
    "check_fitted_classifier",
    "check_probabilistic_classifier",
    "check_probabilities",
    "digit_cnn_within",
    "evaluate",
    "evaluate_folds",
    "evaluate_predictions",
    "evaluate_robustness",
    "evaluate_splits",
    "expected_calibration_error",
    "look_inside",
    "number_splits",
    "occlusion_map",
    "paired_difference",
    "selective_accuracy",
]
