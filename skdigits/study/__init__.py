"""Run the study, end to end: load, split, train, evaluate, cross-validate."""

from skdigits.study._result import BaselineEvaluation, FitEvaluation, StudyResult
from skdigits.study._run import run_study

__all__ = ["BaselineEvaluation", "FitEvaluation", "StudyResult", "run_study"]
