"""How good a classifier is: metrics once it is fitted, and over the folds of a cross-validation."""

from skdigits.evaluation._classification import ClassificationEvaluation, evaluate
from skdigits.evaluation._folds import FoldEvaluation, FoldsEvaluation, evaluate_folds

__all__ = [
    "ClassificationEvaluation",
    "FoldEvaluation",
    "FoldsEvaluation",
    "evaluate",
    "evaluate_folds",
]
