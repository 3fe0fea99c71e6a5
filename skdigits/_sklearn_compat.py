"""Bridge what differs between versions of scikit-learn, and use what it keeps private.

Callbacks (``set_callbacks``) came with scikit-learn 1.9. Before, the mixin that gives them is
empty except for a context without callbacks: estimators have no ``set_callbacks``, and train as
they do without callbacks.

Notebooks show an estimator as HTML. scikit-learn links it to its page, and its parameters to their
descriptions, if the private attributes of `DocumentationLinkMixin` say where the pages are.

Its decorators that check parameters have no types: what they decorate would be of any type for a
caller's type checker.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from sklearn.base import _fit_context
from sklearn.utils import _param_validation

from skdigits._version import documentation_url

__all__ = ["CallbackSupportMixin", "DocumentationLinkMixin", "fit_context", "validate_params"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:

    class _NobodyListens:
        """A context of callbacks without callbacks."""

        def subcontext(self, **task: Any) -> "_NobodyListens":
            return self

        def call_on_fit_task_begin(self, **task: Any) -> "_NobodyListens":
            return self

        def call_on_fit_task_end(self, **task: Any) -> bool:
            return False

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands where scikit-learn's own mixin does from 1.9 on, without ``set_callbacks``."""

        def _init_callback_context(self, **task: Any) -> _NobodyListens:
            return _NobodyListens()


class DocumentationLinkMixin:
    """Link the HTML form of an estimator of ours to its page in the documentation.

    There is no link if the installation does not say where the documentation is.
    """

    _doc_link_module = "skdigits"

    @property
    def _doc_link_template(self) -> str:
        url = documentation_url()
        return f"{url}api/generated/{{public_name}}.html" if url else ""

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        """Return what the template asks for: the module that hands the class on, and its name."""
        room = type(self).__module__.split(".")[1]
        module = "skdigits" if room == "classifier" else f"skdigits.{room}"
        return {"public_name": f"{module}.{type(self).__name__}"}


def validate_params(constraints: dict[str, Any]) -> Callable[[_Function], _Function]:
    """Return a decorator that checks what a function is called with."""
    return _param_validation.validate_params(constraints, prefer_skip_nested_validation=True)


def fit_context(fit: _Function) -> _Function:
    """Check an estimator's parameters before a method that fits it."""
    return _fit_context(prefer_skip_nested_validation=True)(fit)
