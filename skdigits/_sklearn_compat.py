"""Bridge what differs between versions of scikit-learn.

Callbacks (``set_callbacks``) came with scikit-learn 1.9. Before, the mixin that gives them is
empty but for a context that nobody listens to: estimators have no ``set_callbacks``, and train
as they do without callbacks.
"""

from typing import Any

__all__ = ["CallbackSupportMixin"]

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
