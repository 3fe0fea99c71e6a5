"""Search for better hyper-parameters of the network, with Optuna: extra ``search``."""

from skdigits.search._digit_search import digit_search
from skdigits.search._result import SearchResult, SearchTrial
from skdigits.search._space import classifier_parameters, search_space

__all__ = [
    "SearchResult",
    "SearchTrial",
    "classifier_parameters",
    "digit_search",
    "search_space",
]
