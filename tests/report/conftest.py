import dataclasses

import pytest
from sklearn.utils import Bunch

from skdigits.datasets import load_optdigits
from skdigits.report import render_report, write_report


@pytest.fixture(scope="session")
def study_of_writers(small_study):
    """The small study, as if its data were the packaged ones, whose writers are known."""
    baselines = {
        name: dataclasses.replace(found, unseen_writers=found.hold_out)
        for name, found in small_study.baselines.items()
    }
    digits = Bunch(**{**small_study.digits, "metadata": load_optdigits().metadata})
    return dataclasses.replace(
        small_study,
        settings={**small_study.settings, "data": "packaged"},
        digits=digits,
        unseen_writers=dataclasses.replace(small_study.hold_out, n_train=200),
        writer_folds=small_study.cross_validation,
        shuffled_folds=small_study.cross_validation,
        baselines=baselines,
    )


@pytest.fixture(scope="session")
def written(small_study, tmp_path_factory):
    """The files of the small study, in a folder that was not there before; only to be read."""
    return write_report(small_study, tmp_path_factory.mktemp("report") / "new" / "folder")


@pytest.fixture(scope="session")
def csv_page(written):
    return written[-2].read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def page(study_of_writers):
    return render_report(study_of_writers)
