"""Bridge what differs between versions of scikit-learn, and give it links to our pages.

Callbacks (``set_callbacks``) came with scikit-learn 1.9. Before, the mixin that gives them is
empty but for a context that nobody listens to: estimators have no ``set_callbacks``, and train
as they do without callbacks.

Notebooks show an estimator as HTML. scikit-learn links it to its page, and its parameters to their
descriptions, if the private attributes of `DocumentationLinkMixin` say where the pages are.
"""

from typing import Any

from skdigits._version import documentation_url

__all__ = ["CallbackSupportMixin", "DocumentationLinkMixin"]

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
        module = {"classifier": "skdigits", "pictures": "skdigits.preprocessing"}
        name = type(self).__name__
        return {"public_name": f"{module.get(room, f'skdigits.{room}')}.{name}"}
