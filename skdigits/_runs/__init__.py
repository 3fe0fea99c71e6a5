"""Share what study, comparison and training have in common: splits, fits, kept results."""

from skdigits._runs._comparison_result import ComparisonResult, ComparisonRow
from skdigits._runs._finished_run import FinishedRun
from skdigits._runs._fitting import (
    PARAMETERS,
    Progress,
    fit_with_progress,
    ignore_progress,
    import_tensorflow,
    make_configuration,
    reporting_epochs,
)
from skdigits._runs._fold_fits import FoldFit, fit_and_predict, make_row, pool_folds
from skdigits._runs._kept_results import KeptResults
from skdigits._runs._provenance import describe, fingerprint
from skdigits._runs._splits import (
    HOLD_OUT,
    LOADERS,
    SUBSETS,
    LabelledRows,
    Split,
    check_enough_rows,
    describe_subset,
    read_data,
    split_rows,
    take_subset,
)
from skdigits._runs._study_result import BaselineEvaluation, FitEvaluation, StudyResult

__all__ = [
    "HOLD_OUT",
    "LOADERS",
    "PARAMETERS",
    "SUBSETS",
    "BaselineEvaluation",
    "ComparisonResult",
    "ComparisonRow",
    "FinishedRun",
    "FitEvaluation",
    "FoldFit",
    "KeptResults",
    "LabelledRows",
    "Progress",
    "Split",
    "StudyResult",
    "check_enough_rows",
    "describe",
    "describe_subset",
    "fingerprint",
    "fit_and_predict",
    "fit_with_progress",
    "ignore_progress",
    "import_tensorflow",
    "make_configuration",
    "make_row",
    "pool_folds",
    "read_data",
    "reporting_epochs",
    "split_rows",
    "take_subset",
]
