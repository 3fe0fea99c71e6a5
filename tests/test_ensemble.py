"""Networks that vote, as scikit-learn lets them."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

import skdigits
from skdigits import make_ensemble
from skdigits.training import ScikerasClassifier
from skdigits.training._pool import TRACED_NETWORKS


@pytest.fixture
def small(tiny):
    """Make an ensemble of tiny networks; keywords replace its parameters."""

    def make(n_estimators=2, **overrides):
        return make_ensemble(n_estimators, **{**tiny().get_params(), **overrides})

    return make


def seeds(ensemble):
    return [network.random_state for _, network in ensemble.estimators]


def test_it_is_a_soft_voting_classifier_of_named_networks():
    ensemble = make_ensemble(n_jobs=2)
    assert isinstance(ensemble, VotingClassifier)
    assert ensemble.voting == "soft"
    assert ensemble.n_jobs == 2
    assert [name for name, _ in ensemble.estimators] == ["network_1", "network_2", "network_3"]
    with pytest.raises(NotFittedError):
        ensemble.predict(np.zeros((1, 64)))


def test_the_probabilities_are_the_mean_of_those_of_the_members(digits, small):
    X, y = digits
    ensemble = small(3).fit(X, y)
    members = [network.predict_proba(X) for network in ensemble.estimators_]
    assert not np.array_equal(members[0], members[1])
    np.testing.assert_allclose(ensemble.predict_proba(X), np.mean(members, axis=0), rtol=1e-12)
    most_probable = ensemble.classes_[np.mean(members, axis=0).argmax(axis=1)]
    np.testing.assert_array_equal(ensemble.predict(X), most_probable)
    assert ensemble.score(X, y) > 0.9


def test_each_member_is_the_network_of_its_seed(digits, small):
    X, y = digits
    ensemble = small().fit(X, y)
    for (_, network), member in zip(ensemble.estimators, ensemble.estimators_, strict=True):
        alone = clone(network).fit(X, y)
        np.testing.assert_array_equal(member.predict_proba(X), alone.predict_proba(X))


def test_the_seeds_differ_and_follow_from_random_state():
    assert len(set(seeds(make_ensemble(20, random_state=0)))) == 20
    assert seeds(make_ensemble(4, random_state=0)) == seeds(make_ensemble(4, random_state=0))
    assert seeds(make_ensemble(4, random_state=0)) != seeds(make_ensemble(4, random_state=1))
    assert all(type(seed) is int for seed in seeds(make_ensemble(2, random_state=0)))
    assert seeds(make_ensemble(2)) == [None, None]


def test_a_larger_ensemble_has_the_networks_of_a_smaller_one():
    assert seeds(make_ensemble(5, random_state=3))[:2] == seeds(make_ensemble(2, random_state=3))


def test_random_state_instances_move_on():
    generator = np.random.RandomState(0)
    first, second = (make_ensemble(2, random_state=generator) for _ in range(2))
    assert seeds(first) != seeds(second)
    assert seeds(first) == seeds(make_ensemble(2, random_state=np.random.RandomState(0)))


def test_same_random_state_same_probabilities_another_others(digits, small):
    X, y = digits
    first, again, other = (
        small(epochs=1, random_state=seed).fit(X, y).predict_proba(X) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_a_random_state_each_fit_is_another(digits, small):
    X, y = digits
    ensemble = small(epochs=1, random_state=None)
    first, second = (ensemble.fit(X, y).predict_proba(X) for _ in range(2))
    assert not np.array_equal(first, second)


def test_hyper_parameters_reach_every_member(small, tiny):
    expected = tiny(epochs=7, random_state=None).get_params()
    for _, network in small(3, epochs=7).estimators:
        assert {**network.get_params(), "random_state": None} == expected


def test_members_are_those_of_the_defaults_but_for_their_seeds():
    default = skdigits.DigitCNNClassifier().get_params()
    for _, network in make_ensemble(2, random_state=0).estimators:
        assert {**network.get_params(), "random_state": None} == default


def test_the_members_and_their_folds_share_one_traced_graph(digits, small, monkeypatch):
    made = []
    make = ScikerasClassifier.trace

    def spy(self):
        made.append(self)
        return make(self)

    monkeypatch.setattr(ScikerasClassifier, "trace", spy)
    skdigits.clear_cache()
    small(3, epochs=1).fit(*digits)
    assert len(made) == len(TRACED_NETWORKS) == 1
    cross_val_score(small(3, epochs=1), *digits, cv=2)
    assert len(made) == 1


def test_it_is_cloned_cross_validated_and_set_as_any_other(digits, small):
    ensemble = small()
    scores, again = (cross_val_score(e, *digits, cv=2) for e in (ensemble, clone(ensemble)))
    assert scores.min() > 0.8
    np.testing.assert_array_equal(scores, again)
    ensemble.set_params(network_2__epochs=1).fit(*digits)
    assert [network.n_iter_ for network in ensemble.estimators_] == [8, 1]


def test_labels_may_be_strings(digits, small):
    X, y = digits
    names = np.array([f"digit {label}" for label in range(10)])
    ensemble = small().fit(X, names[y])
    assert ensemble.classes_.tolist() == names.tolist()
    assert ensemble.score(X, names[y]) == small().fit(X, y).score(X, y) > 0.8


def test_class_weights_by_label_are_refused_because_the_members_see_numbers():
    with pytest.raises(ValueError, match="takes no class_weight by label"):
        make_ensemble(2, class_weight={"a": 1.0, "b": 2.0})


def test_one_network_votes_alone(digits, small):
    X, y = digits
    ensemble = small(1, epochs=1).fit(X, y)
    (network,) = ensemble.estimators_
    np.testing.assert_array_equal(ensemble.predict_proba(X), network.predict_proba(X))


@pytest.mark.parametrize("n_estimators", [0, -1])
def test_an_ensemble_has_at_least_one_network(n_estimators):
    with pytest.raises(ValueError, match=f"n_estimators == {n_estimators}, must be >= 1"):
        make_ensemble(n_estimators)


def test_the_number_of_networks_is_a_whole_number():
    with pytest.raises(TypeError, match="n_estimators must be an instance of int"):
        make_ensemble(2.5)


def test_a_misspelt_hyper_parameter_is_refused_with_the_near_name():
    with pytest.raises(TypeError, match=r"Invalid parameter 'epocs' .* Did you mean 'epochs'\?"):
        make_ensemble(2, epocs=3)


def test_it_can_be_made_without_tensorflow(run_python):
    code = """
import sys, skdigits
skdigits.make_ensemble
skdigits.make_ensemble(2, random_state=0)
print(*sys.modules)
"""
    loaded = run_python(code).split()
    assert "skdigits.ensemble" in loaded
    assert {"tensorflow", "keras", "matplotlib"}.isdisjoint(loaded)
