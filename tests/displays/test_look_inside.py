"""What scikit-learn wraps around a classifier, met by displays, metrics and exports."""

import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from skdigits import DigitCNNClassifier, evaluate, evaluate_folds, save_model
from skdigits.displays import (
    ArchitectureDisplay,
    CrossValidationDisplay,
    FeatureMapDisplay,
    FilterDisplay,
    MistakesDisplay,
    ReliabilityDisplay,
    SaliencyDisplay,
    TrainingHistoryDisplay,
)
from skdigits.evaluation import look_inside
from skdigits.export import to_keras, to_onnx


@pytest.fixture(scope="module")
def data(digits):
    X, y = digits
    return X[:100], y[:100]


@pytest.fixture(scope="module")
def wrapped(data, small_classifier):
    """One fitted network within everything that leads to it alone."""
    frozen = FrozenEstimator(small_classifier)
    pipeline = make_pipeline(FunctionTransformer(), "passthrough", frozen)
    # The searches vary another step than the network: nothing is trained again.
    grid = {"functiontransformer__validate": [False]}
    searches = {
        "search": GridSearchCV(pipeline, grid, cv=2),
        "random search": RandomizedSearchCV(pipeline, grid, n_iter=1, cv=2),
        "halving": HalvingGridSearchCV(pipeline, grid, cv=2, min_resources=50),
    }
    return {
        "frozen": frozen,
        "pipeline": pipeline.fit(*data),
        "frozen pipeline": FrozenEstimator(make_pipeline(pipeline).fit(*data)),
        **{name: search.fit(*data) for name, search in searches.items()},
    }


@pytest.fixture(scope="module")
def several(data, small_classifier):
    """Fitted classifiers with no network, or with more than one."""
    frozen = FrozenEstimator(small_classifier)
    return {
        "calibrated": CalibratedClassifierCV(frozen).fit(*data),
        "bagging": BaggingClassifier(frozen, 2).fit(*data),
        "SVC": SVC().fit(*data),
    }


def test_all_that_needs_the_network_looks_inside(wrapped, small_classifier, data):
    kernels = FilterDisplay.from_estimator(small_classifier).kernels
    maps = FeatureMapDisplay.from_estimator(small_classifier, data[0][0]).maps
    expected = evaluate(small_classifier, *data)
    for estimator in wrapped.values():
        np.testing.assert_array_equal(FilterDisplay.from_estimator(estimator).kernels, kernels)
        assert len(ArchitectureDisplay.from_estimator(estimator).boxes_) > 2
        display = TrainingHistoryDisplay.from_estimator(estimator)
        assert display.history == small_classifier.history_
        found = FeatureMapDisplay.from_estimator(estimator, data[0][0]).maps
        np.testing.assert_array_equal(found["conv_1"], maps["conv_1"])
        assert evaluate(estimator, *data).log_loss == expected.log_loss
        pyplot.close("all")
    folds = evaluate_folds(wrapped["search"], *data, cv=2, random_state=0)
    assert [fold.history for fold in folds.folds] == [small_classifier.history_] * 2


def test_steps_of_a_pipeline_transform_what_the_network_sees(small_classifier, data):
    X, y = data
    pipeline = make_pipeline(StandardScaler(), FrozenEstimator(small_classifier)).fit(X, y)
    display = FeatureMapDisplay.from_estimator(pipeline, X[0])
    scaled = pipeline[0].transform(X[:1])
    np.testing.assert_array_equal(display.image.ravel(), scaled[0])
    expected = small_classifier.feature_maps(scaled)["conv_1"][0]
    np.testing.assert_array_equal(display.maps["conv_1"], expected)


@pytest.mark.filterwarnings("ignore::skdigits.exceptions.DigitsWarning")
def test_a_gradient_is_by_the_counts_before_the_steps_of_a_pipeline(small_classifier, data):
    X, y = data
    scaler = MinMaxScaler(feature_range=(0, 8)).fit(X)
    pipeline = make_pipeline(scaler, FrozenEstimator(small_classifier)).fit(X, y)
    found = SaliencyDisplay.from_estimator(pipeline, X[0], target=3)
    scaled = scaler.transform(X[:1])[0]
    alone = SaliencyDisplay.from_estimator(small_classifier, scaled, target=3)
    assert found.probability == alone.probability
    expected = alone.maps["gradient"].ravel() * scaler.scale_
    np.testing.assert_allclose(found.maps["gradient"].ravel(), expected, rtol=1e-6)
    np.testing.assert_array_equal(found.image.ravel(), X[0])


def test_images_have_the_shape_of_the_network_within(data, tiny):
    X, y = data
    clf = tiny(image_shape=(4, 16), epochs=1).fit(X, y)
    pipeline = make_pipeline(FunctionTransformer(), FrozenEstimator(clf)).fit(X, y)
    assert MistakesDisplay.from_estimator(pipeline, X, y).images.shape[1:] == (4, 16)
    display = SaliencyDisplay.from_estimator(pipeline, X[0])
    assert {values.shape for values in display.maps.values()} == {(4, 16)}


def test_several_networks_or_none_are_refused_in_words(several):
    draw = ArchitectureDisplay.from_estimator
    for name in ("calibrated", "bagging"):
        with pytest.raises(TypeError, match="Pass a member of an ensemble"):
            draw(several[name])
    with pytest.raises(TypeError, match=r"pipeline, search or FrozenEstimator .* got SVC\."):
        draw(several["SVC"])
    with pytest.raises(TypeError, match=r"got Pipeline with SVC inside\."):
        draw(make_pipeline(MinMaxScaler(), several["SVC"]))
    assert not pyplot.get_fignums()


def test_displays_of_probabilities_take_any_classifier_that_has_some(several, data):
    X, y = data
    for name in ("calibrated", "bagging"):
        ReliabilityDisplay.from_estimator(several[name], X, y)
        MistakesDisplay.from_estimator(several[name], X, y, n_images=1)
        display = SaliencyDisplay.from_estimator(several[name], X[0])
        assert list(display.maps) == ["occlusion"]
    draws = (
        lambda clf: ReliabilityDisplay.from_estimator(clf, X, y),
        lambda clf: MistakesDisplay.from_estimator(clf, X, y),
        lambda clf: SaliencyDisplay.from_estimator(clf, X[0]),
    )
    for draw in draws:
        with pytest.raises(TypeError, match="SVC has no predict_proba"):
            draw(several["SVC"])


TAKES_A_FITTED_ONE = {
    "architecture": lambda estimator, X, y, path: ArchitectureDisplay.from_estimator(estimator),
    "filters": lambda estimator, X, y, path: FilterDisplay.from_estimator(estimator),
    "history": lambda estimator, X, y, path: TrainingHistoryDisplay.from_estimator(estimator),
    "maps": lambda estimator, X, y, path: FeatureMapDisplay.from_estimator(estimator, X[0]),
    "mistakes": lambda estimator, X, y, path: MistakesDisplay.from_estimator(estimator, X, y),
    "reliability": lambda estimator, X, y, path: ReliabilityDisplay.from_estimator(estimator, X, y),
    "saliency": lambda estimator, X, y, path: SaliencyDisplay.from_estimator(estimator, X[0]),
    "evaluate": lambda estimator, X, y, path: evaluate(estimator, X, y),
    "onnx": lambda estimator, X, y, path: to_onnx(estimator, path),
    "keras": lambda estimator, X, y, path: to_keras(estimator, path),
}


@pytest.mark.parametrize("call", TAKES_A_FITTED_ONE.values(), ids=TAKES_A_FITTED_ONE)
def test_other_objects_than_fitted_classifiers_are_refused(call, data, tmp_path):
    path = tmp_path / "digits.keras"
    unfitted = [
        DigitCNNClassifier(),
        make_pipeline(MinMaxScaler(), DigitCNNClassifier()),
        GridSearchCV(DigitCNNClassifier(), {"epochs": [1]}),
        FrozenEstimator(DigitCNNClassifier()),
    ]
    for estimator in unfitted:
        with pytest.raises(NotFittedError):
            call(estimator, *data, path)
    search = GridSearchCV(GaussianNB(), {}, cv=2, refit=False).fit(*data)
    with pytest.raises(TypeError, match=r"GridSearchCV keeps no fitted classifier; .* refit=True"):
        call(search, *data, path)
    for wrong in (None, "digits.skdigits", Pipeline([]), SVC):
        with pytest.raises(TypeError, match="got "):
            call(wrong, *data, path)


def test_cross_validation_takes_classifiers_only(data):
    for wrong in (None, "digits.skdigits", Pipeline([]), SVC):
        for validate in (evaluate_folds, CrossValidationDisplay.from_estimator):
            with pytest.raises(TypeError, match="scikit-learn classifier, got"):
                validate(wrong, *data)


def test_only_a_network_itself_is_saved(wrapped, several, tmp_path):
    path = tmp_path / "digits.skdigits"
    for estimator in (wrapped["pipeline"], wrapped["search"], several["bagging"], several["SVC"]):
        with pytest.raises(TypeError, match="Save the DigitCNNClassifier within"):
            save_model(estimator, path)
    assert not path.exists()


def test_steps_of_pipelines_within_pipelines_come_in_order(data):
    inner = make_pipeline(MinMaxScaler(), GaussianNB())
    steps, classifier = look_inside(make_pipeline(StandardScaler(), inner).fit(*data))
    assert [type(step[0]) for step in steps] == [StandardScaler, MinMaxScaler]
    assert type(classifier) is GaussianNB
