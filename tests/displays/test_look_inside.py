"""What scikit-learn wraps around a classifier, met by displays, metrics and exports."""

import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.base import clone
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

from skdigits import (
    DigitCNNClassifier,
    evaluate,
    evaluate_folds,
    load_predictor,
    make_ensemble,
    save_model,
)
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
from skdigits.evaluation import evaluate_robustness, look_inside
from skdigits.export import to_keras, to_onnx

SMALL = {"filters": (3,), "epochs": 1, "augment": None, "random_state": 0}


@pytest.fixture(scope="module")
def data(digits):
    X, y = digits
    return X[:100], y[:100]


@pytest.fixture(scope="module")
def network(data):
    return DigitCNNClassifier(**SMALL).fit(*data)


@pytest.fixture(scope="module")
def wrapped(data, network):
    """One fitted network within everything that leads to it alone."""
    frozen = FrozenEstimator(network)
    pipeline = make_pipeline(FunctionTransformer(), "passthrough", frozen)
    # Searches over a step beside the network: nothing is trained again.
    grid = {"functiontransformer__validate": [False]}
    searches = {
        "search": GridSearchCV(pipeline, grid, cv=2),
        "random search": RandomizedSearchCV(pipeline, grid, n_iter=1, cv=2),
        "halving": HalvingGridSearchCV(pipeline, grid, cv=2, min_resources=50),
    }
    return {
        "frozen": frozen,
        "pipeline": pipeline.fit(*data),
        "pipeline of one": make_pipeline(frozen).fit(*data),
        "frozen pipeline": FrozenEstimator(make_pipeline(pipeline).fit(*data)),
        **{name: search.fit(*data) for name, search in searches.items()},
    }


@pytest.fixture(scope="module")
def several(data, network):
    """Fitted classifiers with no network, or with more than one."""
    X, y = data
    calibrated = CalibratedClassifierCV(FrozenEstimator(network)).fit(X, y)
    voting = make_ensemble(2, **SMALL).fit(X, y)
    return {
        "calibrated": calibrated,
        "voting": voting,
        "bagging": BaggingClassifier(FrozenEstimator(network), 2).fit(X, y),
        "SVC": SVC().fit(X, y),
    }


def test_displays_of_a_network_look_inside(wrapped, network, data):
    kernels = FilterDisplay.from_estimator(network).kernels
    maps = FeatureMapDisplay.from_estimator(network, data[0][0]).maps
    for estimator in wrapped.values():
        np.testing.assert_array_equal(FilterDisplay.from_estimator(estimator).kernels, kernels)
        assert len(ArchitectureDisplay.from_estimator(estimator).boxes_) > 2
        display = TrainingHistoryDisplay.from_estimator(estimator)
        assert display.history == network.history_
        found = FeatureMapDisplay.from_estimator(estimator, data[0][0]).maps
        np.testing.assert_array_equal(found["conv_1"], maps["conv_1"])
        pyplot.close("all")


def test_steps_of_a_pipeline_transform_what_the_network_sees(network, data):
    X, y = data
    pipeline = make_pipeline(StandardScaler(), FrozenEstimator(network)).fit(X, y)
    display = FeatureMapDisplay.from_estimator(pipeline, X[0])
    scaled = pipeline[0].transform(X[:1])
    np.testing.assert_array_equal(display.image.ravel(), scaled[0])
    np.testing.assert_array_equal(display.maps["conv_1"], network.feature_maps(scaled)["conv_1"][0])


@pytest.mark.filterwarnings("ignore::skdigits.exceptions.DigitsWarning")
def test_a_gradient_is_by_the_counts_before_the_steps_of_a_pipeline(network, data):
    X, y = data
    scaler = MinMaxScaler(feature_range=(0, 8)).fit(X)
    pipeline = make_pipeline(scaler, FrozenEstimator(network)).fit(X, y)
    target = network.classes_[3]
    found = SaliencyDisplay.from_estimator(pipeline, X[0], target=target)
    scaled = scaler.transform(X[:1])[0]
    alone = SaliencyDisplay.from_estimator(network, scaled, target=target)
    assert found.probability == alone.probability
    expected = alone.maps["gradient"].ravel() * scaler.scale_
    np.testing.assert_allclose(found.maps["gradient"].ravel(), expected, rtol=1e-6)
    np.testing.assert_array_equal(found.image.ravel(), X[0])


def test_images_have_the_shape_of_the_network_within(data):
    X, y = data
    clf = DigitCNNClassifier(**SMALL, image_shape=(4, 16)).fit(X, y)
    pipeline = make_pipeline(FunctionTransformer(), FrozenEstimator(clf)).fit(X, y)
    assert MistakesDisplay.from_estimator(pipeline, X, y).images.shape[1:] == (4, 16)
    assert SaliencyDisplay.from_estimator(pipeline, X[0]).image.shape == (4, 16)


def test_metrics_are_those_of_the_network_within(wrapped, network, data):
    expected = evaluate(network, *data)
    for estimator in wrapped.values():
        assert evaluate(estimator, *data).log_loss == expected.log_loss


def test_folds_keep_the_history_of_the_network_within(wrapped, network, data):
    folds = evaluate_folds(wrapped["search"], *data, cv=2, random_state=0)
    assert [fold.history for fold in folds.folds] == [network.history_] * 2


@pytest.mark.parametrize("display", [ArchitectureDisplay, FilterDisplay])
def test_several_networks_or_none_are_refused_in_words(display, several, network, tmp_path):
    draw = display.from_estimator
    with pytest.raises(TypeError, match=r"got CalibratedCl.*calibrated_classifiers_\[0\].est"):
        draw(several["calibrated"])
    for ensemble in ("voting", "bagging"):
        with pytest.raises(TypeError, match=r"holds several .* such as its estimators_\[0\]"):
            draw(several[ensemble])
    with pytest.raises(TypeError, match=r"pipeline, search or FrozenEstimator .* got SVC\."):
        draw(several["SVC"])
    with pytest.raises(TypeError, match=r"got Pipeline with SVC inside\."):
        draw(make_pipeline(MinMaxScaler(), several["SVC"]))
    with pytest.raises(TypeError, match="got the class DigitCNNClassifier"):
        draw(DigitCNNClassifier)
    save_model(network, tmp_path / "digits.skdigits")
    with pytest.raises(TypeError, match=r"got <Predictor .* load_model makes a classifier"):
        draw(load_predictor(tmp_path / "digits.skdigits"))
    assert not pyplot.get_fignums()


def test_displays_of_probabilities_take_any_classifier_that_has_some(several, data):
    X, y = data
    for name in ("calibrated", "voting", "bagging"):
        ReliabilityDisplay.from_estimator(several[name], X, y)
        MistakesDisplay.from_estimator(several[name], X, y)
        SaliencyDisplay.from_estimator(several[name], X[0], methods=("occlusion",))
        with pytest.raises(TypeError, match=r"gradient needs .* use methods=\(\"occlusion\",\)"):
            SaliencyDisplay.from_estimator(several[name], X[0])
        with pytest.raises(TypeError, match="keeps the history_"):
            TrainingHistoryDisplay.from_estimator(several[name])


WITHOUT_FIT = {
    "network": DigitCNNClassifier(),
    "pipeline": make_pipeline(MinMaxScaler(), DigitCNNClassifier()),
    "search": GridSearchCV(DigitCNNClassifier(), {"epochs": [1]}),
    "frozen": FrozenEstimator(DigitCNNClassifier()),
}
TAKES_A_FITTED_ONE = {
    "architecture": lambda estimator, X, y, path: ArchitectureDisplay.from_estimator(estimator),
    "filters": lambda estimator, X, y, path: FilterDisplay.from_estimator(estimator),
    "history": lambda estimator, X, y, path: TrainingHistoryDisplay.from_estimator(estimator),
    "maps": lambda estimator, X, y, path: FeatureMapDisplay.from_estimator(estimator, X[0]),
    "mistakes": lambda estimator, X, y, path: MistakesDisplay.from_estimator(estimator, X, y),
    "reliability": lambda estimator, X, y, path: ReliabilityDisplay.from_estimator(estimator, X, y),
    "saliency": lambda estimator, X, y, path: SaliencyDisplay.from_estimator(estimator, X[0]),
    "evaluate": lambda estimator, X, y, path: evaluate(estimator, X, y),
    "robustness": lambda estimator, X, y, path: evaluate_robustness(estimator, X, y),
    "onnx": lambda estimator, X, y, path: to_onnx(estimator, path),
    "keras": lambda estimator, X, y, path: to_keras(estimator, path),
}


@pytest.mark.parametrize("estimator", WITHOUT_FIT.values(), ids=WITHOUT_FIT)
@pytest.mark.parametrize("call", TAKES_A_FITTED_ONE.values(), ids=TAKES_A_FITTED_ONE)
def test_what_is_not_fitted_is_refused_as_such(call, estimator, data, tmp_path):
    with pytest.raises(NotFittedError):
        call(estimator, *data, tmp_path / "digits.keras")


@pytest.mark.parametrize("call", TAKES_A_FITTED_ONE.values(), ids=TAKES_A_FITTED_ONE)
def test_a_search_that_keeps_no_classifier_is_refused_as_such(call, data, tmp_path):
    search = GridSearchCV(GaussianNB(), {}, cv=2, refit=False).fit(*data)
    with pytest.raises(TypeError, match=r"GridSearchCV keeps no fitted classifier; .* refit=True"):
        call(search, *data, tmp_path / "digits.keras")


@pytest.mark.parametrize("call", TAKES_A_FITTED_ONE.values(), ids=TAKES_A_FITTED_ONE)
@pytest.mark.parametrize("wrong", [None, "digits.skdigits", Pipeline([]), SVC])
def test_what_is_no_estimator_is_refused_in_words(call, wrong, data, tmp_path):
    with pytest.raises(TypeError, match="got "):
        call(wrong, *data, tmp_path / "digits.keras")


@pytest.mark.parametrize("wrong", [None, "digits.skdigits", Pipeline([]), SVC])
def test_cross_validation_refuses_what_is_no_classifier_in_words(wrong, data):
    for validate in (evaluate_folds, CrossValidationDisplay.from_estimator):
        with pytest.raises(TypeError, match="scikit-learn classifier, got"):
            validate(wrong, *data)


@pytest.mark.parametrize("name", ["pipeline", "search", "voting", "SVC"])
def test_only_a_network_itself_is_saved(name, wrapped, several, tmp_path):
    path = tmp_path / "digits.skdigits"
    with pytest.raises(TypeError, match="Save the DigitCNNClassifier within"):
        save_model({**wrapped, **several}[name], path)
    assert not path.exists()


def test_steps_of_pipelines_within_pipelines_come_in_order(data):
    inner = make_pipeline(MinMaxScaler(), GaussianNB())
    steps, classifier = look_inside(make_pipeline(StandardScaler(), inner).fit(*data))
    assert [type(step[0]) for step in steps] == [StandardScaler, MinMaxScaler]
    assert type(classifier) is GaussianNB
    assert clone(classifier) is not classifier
