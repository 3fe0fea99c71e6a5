import dataclasses

import pytest
from sklearn.utils import Bunch

from skdigits.datasets import load_optdigits
from skdigits.report import write_report
from skdigits.report._html import render_page


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
def written(study_of_writers, made_once, tmp_path_factory):
    """The contents of the files of the study of writers, by name, in their order."""

    def write():
        files = write_report(study_of_writers, tmp_path_factory.mktemp("report") / "new" / "folder")
        assert sorted(files) == sorted(files[0].parent.iterdir())
        return {file.name: file.read_bytes() for file in files}

    return made_once("report", write)


@pytest.fixture(scope="session")
def page(written):
    return written["report.html"].decode()


@pytest.fixture
def render():
    """Render the page of a study without its figures, which take seconds to draw."""
    from skdigits.report._figures import FIGURES, Drawing

    return lambda result: render_page(result, dict.fromkeys(FIGURES, Drawing(b"", 1, 1)))


@pytest.fixture
def csv_page(small_study, render):
    return render(small_study)
