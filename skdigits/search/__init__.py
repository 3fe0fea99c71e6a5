"""Search for better hyper-parameters of the network, with Optuna: extra ``search``."""

from skdigits.search._digit_search import digit_search
from skdigits.search._result import SearchResult, SearchTrial

__all__ = [
    "SearchResult",
    "SearchTrial",
    "digit_search",
]
