"""Make several networks that vote."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.utils import check_random_state, check_scalar

from skdigits.classifier import DigitCNNClassifier

__all__ = ["make_ensemble"]


def make_ensemble(
    n_estimators: int = 3,
    *,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
    **hyper_parameters: Any,
) -> VotingClassifier:
    """Make a classifier that averages the probabilities of several networks.

    The networks differ in their seeds alone. Fitted in one process, they share one traced
    graph, so each takes the time of a further fit.

    Parameters
    ----------
    n_estimators : int, default=3
        Number of networks, at least 1.
    random_state : int, RandomState instance or None, default=None
        Seeds the networks; None seeds each anew in every fit.
    n_jobs : int or None, default=None
        Number of networks to fit in parallel, as for :class:`joblib.Parallel`.
    **hyper_parameters : dict
        Hyper-parameters of :class:`~skdigits.DigitCNNClassifier` that all of them have.

    Returns
    -------
    sklearn.ensemble.VotingClassifier
        With soft voting, not fitted; its members are named ``network_1`` and so on.

    Raises
    ------
    ValueError
        If `n_estimators` is less than 1, or `class_weight` is a dict: the members see
        numbers instead of the labels. Pass sample weights to `fit` instead.
    TypeError
        If `n_estimators` is not an integer or there is no such hyper-parameter.

    See Also
    --------
    DigitCNNClassifier : A single network.
    sklearn.ensemble.VotingClassifier : What is returned.

    References
    ----------
    B. Lakshminarayanan, A. Pritzel and C. Blundell (2017). Simple and scalable predictive
    uncertainty estimation using deep ensembles. https://arxiv.org/abs/1612.01474

    Examples
    --------
    >>> from skdigits import make_ensemble
    >>> ensemble = make_ensemble(2, random_state=0, epochs=3)
    >>> [name for name, _ in ensemble.estimators]
    ['network_1', 'network_2']
    """
    check_scalar(n_estimators, "n_estimators", Integral, min_val=1)
    if isinstance(hyper_parameters.get("class_weight"), dict):
        raise ValueError(
            "An ensemble takes no class_weight by label: its members see the labels as numbers. "
            'Use class_weight="balanced" or pass sample_weight to fit.'
        )
    seeds = [None] * n_estimators
    if random_state is not None:
        generator = check_random_state(random_state)
        seeds = generator.randint(np.iinfo(np.int32).max, size=n_estimators).tolist()
    networks = [DigitCNNClassifier(random_state=seed, **hyper_parameters) for seed in seeds]
    return VotingClassifier(
        [(f"network_{i}", network) for i, network in enumerate(networks, start=1)],
        voting="soft",
        n_jobs=n_jobs,
    )
