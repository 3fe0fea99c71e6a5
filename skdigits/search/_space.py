"""Say what a search draws from: network, training and preprocessing, in nine numbers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["classifier_parameters", "default_point", "describe_space", "search_space"]


def search_space() -> "dict[str, BaseDistribution]":
    """Return what :func:`digit_search` draws from, as Optuna's distributions.

    ====================  =======================  ==============================================
    name                  values                   what it is
    ====================  =======================  ==============================================
    ``width``             16, 32, 48               filters of the first convolution; the others
                                                   have two and four times as many
    ``global_pooling``    "average", "max"         as in the classifier
    ``dropout``           0 to 0.5                 as in the classifier
    ``distortion``        0 to 2                   factor on the ranges of ``augment="affine"``
    ``label_smoothing``   0 to 0.25                as in the classifier
    ``learning_rate``     0.003 to 0.1, log        as in the classifier
    ``weight_decay``      0.001 to 0.2, log        as in the classifier
    ``batch_size``        "auto", 128              as in the classifier
    ====================  =======================  ==============================================

    Only the first two and the batch size change the graph, in eight ways: as many as are kept. All
    else is numbers, so that hundreds of trials trace eight graphs.

    Returns
    -------
    dict of str to optuna.distributions.BaseDistribution
        By name, for ``study.ask(search_space())``; :func:`classifier_parameters` takes what is
        drawn.

    Raises
    ------
    ImportError
        If Optuna is not installed: the extra ``search`` brings it.

    See Also
    --------
    classifier_parameters : Turn what is drawn into hyper-parameters.
    digit_search : Search it.

    Examples
    --------
    >>> from skdigits.search import search_space
    >>> search_space()["batch_size"].choices
    ('auto', 128)
    """
    try:
        from optuna.distributions import CategoricalDistribution, FloatDistribution
    except ModuleNotFoundError as error:
        raise ImportError(
            "A search needs optuna, which is not installed. Try pip install optuna."
        ) from error

    return {
        "width": CategoricalDistribution((16, 32, 48)),
        "global_pooling": CategoricalDistribution(("average", "max")),
        "dropout": FloatDistribution(0.0, 0.5),
        "distortion": FloatDistribution(0.0, 2.0),
        "label_smoothing": FloatDistribution(0.0, 0.25),
        "learning_rate": FloatDistribution(0.003, 0.1, log=True),
        "weight_decay": FloatDistribution(0.001, 0.2, log=True),
        "batch_size": CategoricalDistribution(("auto", 128)),
    }


def describe_space() -> dict[str, str]:
    """Return the space as JSON can hold it.

    Examples
    --------
    >>> from skdigits.search._space import describe_space
    >>> describe_space()["width"]
    '{"name": "CategoricalDistribution", "attributes": {"choices": [16, 32, 48]}}'
    """
    space = search_space()
    from optuna.distributions import distribution_to_json

    return {name: distribution_to_json(values) for name, values in space.items()}


def classifier_parameters(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is drawn from :func:`search_space` as hyper-parameters of the classifier.

    Parameters
    ----------
    drawn : dict
        Values by name, such as a trial's ``params``; those that are missing are left out.

    Returns
    -------
    dict
        For :class:`~skdigits.DigitCNNClassifier`.

    See Also
    --------
    search_space : Return what to draw from.

    Examples
    --------
    >>> from skdigits.search import classifier_parameters
    >>> classifier_parameters({"width": 16, "distortion": 2.0, "dropout": 0.25})["filters"]
    (16, 32, 64)
    """
    from skdigits.training import AFFINE

    parameters = dict(drawn)
    if "width" in parameters:
        width = parameters.pop("width")
        parameters["filters"] = (width, 2 * width, 4 * width)
    if "distortion" in parameters:
        factor = parameters.pop("distortion")
        parameters["augment"] = {name: factor * reach for name, reach in AFFINE.items()}
    return parameters


def default_point() -> dict[str, Any]:
    """Return the classifier's defaults as a point of the space.

    Examples
    --------
    >>> from skdigits.search._space import default_point
    >>> point = default_point()
    >>> point["width"], point["distortion"], point["learning_rate"]
    (32, 1.0, 0.02)
    """
    from skdigits.classifier import DigitCNNClassifier

    parameters = DigitCNNClassifier().get_params()
    point = {"width": parameters["filters"][0], "distortion": 1.0}
    return {name: point.get(name, parameters.get(name)) for name in search_space()}
