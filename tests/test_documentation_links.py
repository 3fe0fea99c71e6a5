"""The HTML form of an estimator leads to its documentation, as that of scikit-learn's own does."""

import html
import importlib
import re
import tomllib
from pathlib import Path

import pytest
import sklearn

from skdigits import DigitCNNClassifier, ImageReshaper, _version
from skdigits.pictures import DigitImageEncoder

ROOT = Path(__file__).parents[1]
ESTIMATORS = [DigitCNNClassifier(), ImageReshaper(), DigitImageEncoder()]


def documentation():
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["urls"]["Documentation"]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_the_html_links_to_a_page_of_the_documentation_that_is_there(estimator):
    link = estimator._get_doc_link()

    assert f'href="{link}"' in estimator._repr_html_()
    page = link.removeprefix(f"{documentation()}api/generated/")
    module, _, name = page.removesuffix(".html").rpartition(".")
    assert getattr(importlib.import_module(module), name) is type(estimator)
    assert name in importlib.import_module(module).__all__
    listed = page.removesuffix(".html").removeprefix("skdigits.")
    assert f"   {listed}\n" in (ROOT / "docs" / "api" / "index.md").read_text("utf-8")


@pytest.mark.skipif(sklearn.__version__ < "1.8", reason="scikit-learn shows no descriptions yet")
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_each_parameter_in_the_html_has_its_description(estimator):
    shown = html.unescape(estimator._repr_html_())
    for name in estimator.get_params():
        assert re.search(rf'<span class="param-doc-description"[^>]*>\s*{name}: ', shown)


def test_a_class_of_somebody_else_has_no_link():
    class Mine(DigitCNNClassifier):
        pass

    assert Mine()._get_doc_link() == ""


def test_there_is_no_link_without_an_address(monkeypatch):
    def not_installed(name):
        raise _version.PackageNotFoundError(name)

    monkeypatch.setattr(_version, "metadata", not_installed)
    assert DigitCNNClassifier()._get_doc_link() == ""
    assert "DigitCNNClassifier" in DigitCNNClassifier()._repr_html_()
