"""Provide what long tasks share: splits, fits, kept results, provenance."""

from skdigits._runs._fitting import (
    PARAMETERS,
    Progress,
    fit_with_progress,
    ignore_progress,
    import_tensorflow,
    make_configuration,
    reporting_epochs,
)
from skdigits._runs._fold_fits import FoldFit, fit_and_predict, pool_folds
from skdigits._runs._kept_results import KeptResults, claim_folder
from skdigits._runs._provenance import describe, describe_environment, digest, fingerprint
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

__all__ = [
    "HOLD_OUT",
    "LOADERS",
    "PARAMETERS",
    "SUBSETS",
    "FoldFit",
    "KeptResults",
    "LabelledRows",
    "Progress",
    "Split",
    "check_enough_rows",
    "claim_folder",
    "describe",
    "describe_environment",
    "describe_subset",
    "digest",
    "fingerprint",
    "fit_and_predict",
    "fit_with_progress",
    "ignore_progress",
    "import_tensorflow",
    "make_configuration",
    "pool_folds",
    "read_data",
    "reporting_epochs",
    "split_rows",
    "take_subset",
]
