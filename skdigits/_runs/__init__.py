"""Share what study, comparison and training agree on: data, splits, kept results, their types."""

from skdigits._runs._comparison_result import ComparisonResult, ComparisonRow
from skdigits._runs._data_parts import PARTS, describe_part, take_part
from skdigits._runs._kept_results import keep, read_kept
from skdigits._runs._protocol import (
    HOLD_OUT,
    LOADERS,
    LabelledRows,
    Progress,
    check_enough_rows,
    fit_with_progress,
    make_configuration,
    read_data,
)
from skdigits._runs._provenance import VERSIONS, describe, fingerprint, network_versions
from skdigits._runs._study_result import BaselineEvaluation, FitEvaluation, StudyResult
from skdigits._runs._study_steps import StudySteps

__all__ = [
    "HOLD_OUT",
    "LOADERS",
    "PARTS",
    "VERSIONS",
    "BaselineEvaluation",
    "ComparisonResult",
    "ComparisonRow",
    "FitEvaluation",
    "LabelledRows",
    "Progress",
    "StudyResult",
    "StudySteps",
    "check_enough_rows",
    "describe",
    "describe_part",
    "fingerprint",
    "fit_with_progress",
    "keep",
    "make_configuration",
    "network_versions",
    "read_data",
    "read_kept",
    "take_part",
]
