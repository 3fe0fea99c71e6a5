"""Samples that are trained on and measured on are reported before anything is trained."""

import warnings

import pandas as pd
import pytest

from skdigits.comparison import run_comparison
from skdigits.model_training import train_model
from skdigits.search import digit_search
from skdigits.study import run_study


@pytest.mark.parametrize("run", [train_model, run_study, run_comparison, digit_search])
def test_equal_samples_in_both_parts_are_warned_of(run, digits_csv, tmp_path):
    table = pd.read_csv(digits_csv)
    pd.concat([table, table.head(100)]).to_csv(tmp_path / "twice.csv", index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the first warning ends the run
        with pytest.raises(UserWarning, match=r"^\d\d samples are both in the training part"):
            run(tmp_path / "twice.csv")
