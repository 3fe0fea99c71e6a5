"""Make other people's classifiers, by name, with the settings to measure this package against.

scikit-learn is imported when one is made, so that the names can be listed at no cost.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from skdigits._parameters import check_name

if TYPE_CHECKING:
    import numpy as np

__all__ = ["BASELINE_NAMES", "make_baseline"]


def make_baseline(name: str, *, random_state: "int | np.random.RandomState | None" = None) -> Any:
    """Make one of scikit-learn's classifiers with settings that suit the digits.

    =========================  ===============================================================
    name                       classifier
    =========================  ===============================================================
    "svc"                      SVC on counts / 16, ``C=10``, ``gamma=0.2``; no probabilities
    "knn"                      the nearest neighbour's label, by Euclidean distance
    "extra_trees"              ExtraTreesClassifier, 500 trees
    "random_forest"            RandomForestClassifier, 500 trees
    "hist_gradient_boosting"   HistGradientBoostingClassifier
    "mlp"                      MLPClassifier, one layer of 100 units, ``max_iter=500``
    "logistic_regression"      LogisticRegression on counts / 16, ``max_iter=2000``
    =========================  ===============================================================

    Parameters
    ----------
    name : str
        One of `BASELINE_NAMES`.
    random_state : int, RandomState instance or None, default=None
        Seed of the classifiers that draw at random. None draws other numbers in every fit.

    Returns
    -------
    estimator
        Not fitted; a :class:`~sklearn.pipeline.Pipeline` where the counts are scaled. It can be
        cloned and pickled.

    Raises
    ------
    ValueError
        If there is no such baseline; the message names the nearest ones.

    See Also
    --------
    skdigits.comparison.run_comparison : Measure them beside this package's networks.

    Notes
    -----
    The support vector machine is tuned: `C` and `gamma` were found on UCI's training part.
    Nearest neighbours are what the authors of the data compared with [1]_. The numbers of trees
    and the limits of iterations are higher than scikit-learn's, so that neither is in the way;
    all else is scikit-learn's default [2]_. ``examples/benchmarks/accuracy.py`` measures with
    the same settings.

    References
    ----------
    .. [1] E. Alpaydin and C. Kaynak (1998). Cascading classifiers. Kybernetika 34(4), 369-374.
    .. [2] F. Pedregosa et al. (2011). Scikit-learn: machine learning in Python. Journal of
       Machine Learning Research 12, 2825-2830.

    Examples
    --------
    >>> from skdigits.baselines import make_baseline
    >>> from skdigits.datasets import load_optdigits
    >>> svc = make_baseline("svc").fit(*load_optdigits(subset="train", return_X_y=True))
    >>> round(svc.score(*load_optdigits(subset="test", return_X_y=True)), 3)
    0.982
    """
    check_name(name, BASELINE_NAMES, "baseline")
    module, kind, parameters = _BASELINES[name]
    estimator = getattr(import_module(f"sklearn.{module}"), kind)(**parameters)
    if name in _ON_FRACTIONS:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer

        return make_pipeline(FunctionTransformer(_counts_to_fractions), estimator)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=random_state)
    return estimator


def _counts_to_fractions(X: Any) -> Any:
    return X / 16


# Module and class of scikit-learn, and what differs from its defaults.
_BASELINES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "svc": ("svm", "SVC", {"C": 10, "gamma": 0.2}),
    "knn": ("neighbors", "KNeighborsClassifier", {"n_neighbors": 1}),
    "extra_trees": ("ensemble", "ExtraTreesClassifier", {"n_estimators": 500}),
    "random_forest": ("ensemble", "RandomForestClassifier", {"n_estimators": 500}),
    "hist_gradient_boosting": ("ensemble", "HistGradientBoostingClassifier", {}),
    "mlp": ("neural_network", "MLPClassifier", {"max_iter": 500}),
    "logistic_regression": ("linear_model", "LogisticRegression", {"max_iter": 2000}),
}

# Those that take counts / 16; as they are set, they draw nothing at random.
_ON_FRACTIONS = {"svc", "logistic_regression"}

#: The names that :func:`make_baseline` knows.
BASELINE_NAMES = tuple(_BASELINES)
