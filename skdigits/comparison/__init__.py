"""Compare several classifiers on the same splits: ours and scikit-learn's, side by side."""

from skdigits.comparison._result import ComparisonResult, ComparisonRow, make_row
from skdigits.comparison._run import MODEL_NAMES, run_comparison

__all__ = ["MODEL_NAMES", "ComparisonResult", "ComparisonRow", "make_row", "run_comparison"]
