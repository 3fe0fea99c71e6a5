import pytest

import skdigits


def test_import_loads_nothing_heavy(run_python):
    loaded = run_python("import sys, skdigits; print(*sys.modules)").split()
    assert "skdigits" in loaded
    heavy = {"tensorflow", "keras", "scikeras", "sklearn", "scipy", "matplotlib", "pandas", "numpy"}
    assert heavy.isdisjoint(loaded)


def test_the_classifier_can_be_made_and_cloned_without_tensorflow(run_python):
    code = """
import sys
from sklearn.base import clone
from skdigits import DigitCNNClassifier
clone(DigitCNNClassifier.reference()).get_params()
print(*sys.modules)
"""
    assert {"tensorflow", "keras", "matplotlib"}.isdisjoint(run_python(code).split())


@pytest.mark.parametrize("name", skdigits.__all__)
def test_every_public_name_is_there_and_listed(name):
    assert getattr(skdigits, name) is not None
    assert name in dir(skdigits)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="DigitsCNN"):
        _ = skdigits.DigitsCNN
