"""Every check of scikit-learn, on a small network and on each configuration."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdigits import DigitCNNClassifier, ImageReshaper

TEST_CONFIGURATION = DigitCNNClassifier(
    filters=(8,), pool_after=None, dense_units=(16,), epochs=25, batch_size=8
)


@parametrize_with_checks([TEST_CONFIGURATION, DigitCNNClassifier(), ImageReshaper()])
def test_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([DigitCNNClassifier.fast(), DigitCNNClassifier.reference()])
def test_other_configurations_pass_the_checks_of_scikit_learn(estimator, check):
    check(estimator)
