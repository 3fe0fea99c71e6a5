"""Download optdigits from the UCI repository through ucimlrepo, and verify what comes.

ucimlrepo makes two requests without timeout, retry or checksum, and reports some network
errors as "data set not found". Here each attempt has a deadline, temporary errors are retried,
and the data are verified and restored to their published order.
"""

import http.client
import json
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError

import numpy as np

from skdigits.datasets._packaged import METADATA, SHA256, Table, digest, packaged_table

__all__ = ["INSTEAD", "DatasetFetchError", "UciDigits", "download"]

INSTEAD = (
    "skdigits.datasets.load_optdigits() (--data packaged) for the same data packaged with skdigits"
)


class DatasetFetchError(OSError):
    """Raised if the data cannot be fetched; the message says why and what to do next."""


class WrongDataError(Exception):
    """Raised if a complete response is not optdigits, so that a retry would not help."""


@dataclass(frozen=True)
class UciDigits:
    """Hold the verified data in published order, and UCI's metadata as JSON has them."""

    table: Table
    metadata: dict[str, Any]


def download(*, n_retries: int, delay: float, timeout: float) -> UciDigits:
    """Fetch and verify; after a temporary error wait `delay`, 2 `delay`, ... and retry."""
    attempt = 0
    while True:
        try:
            return _within(timeout, _ask)
        except Exception as error:  # what ucimlrepo lets through has no common class
            reason = f"{type(error).__name__}: {error}".rstrip(".")
            if attempt == n_retries or not _may_pass(error):
                raise DatasetFetchError(
                    f"Could not fetch optdigits from the UCI repository in {attempt + 1} "
                    f"attempt(s): {reason}. Check the connection and try again later, or use "
                    f"{INSTEAD}."
                ) from error
        pause = delay * 2**attempt
        warnings.warn(f"UCI sent no data ({reason}); trying again in {pause:g} s.", stacklevel=4)
        time.sleep(pause)
        attempt += 1


def _within(timeout: float, ask: Callable[[], UciDigits]) -> UciDigits:
    """Call `ask` in a daemon thread, which is abandoned after `timeout` seconds.

    A default socket timeout would be global to the process and never end a slow trickle of
    bytes; a child process would lose the original exception.
    """
    response: Future[UciDigits] = Future()

    def work() -> None:
        try:
            response.set_result(ask())
        except Exception as error:
            # ucimlrepo hides the network error, which says more, behind one of its own.
            cause = error.__context__ if isinstance(error.__context__, URLError) else error
            if isinstance(cause, HTTPError):
                cause.close()  # it holds the connection
            response.set_exception(cause)

    threading.Thread(target=work, name="fetch_optdigits", daemon=True).start()
    if not wait([response], timeout).done:
        raise TimeoutError(f"no complete response within {timeout:g} seconds")
    return response.result()


def _may_pass(error: Exception) -> bool:
    if isinstance(error, HTTPError):
        return error.code >= 500 or error.code in {408, 429}
    # Truncated or garbled JSON and CSV raise ValueError.
    return isinstance(error, (OSError, EOFError, http.client.HTTPException, ValueError))


def _ask() -> UciDigits:
    """Call ucimlrepo, check its response and turn it into plain objects."""
    from ucimlrepo import fetch_ucirepo

    response: Any = fetch_ucirepo(id=METADATA["uci_id"])
    try:
        cells = np.column_stack([response["data"]["features"], response["data"]["targets"]])
        with np.errstate(invalid="ignore"):
            table = cells.astype(np.uint8)
    except (TypeError, ValueError) as error:
        raise WrongDataError(f"the served table is not numeric: {error}") from error
    published = packaged_table()
    if table.shape[1] == published.shape[1] and len(table) < len(published):
        raise EOFError(f"only {len(table)} of {len(published)} rows arrived")
    if table.shape != published.shape or not np.array_equal(table, cells):
        raise WrongDataError(
            f"the served table of shape {cells.shape} is not {published.shape} counts and labels"
        )
    ordered = np.empty_like(published)
    # No row occurs twice, so sorting both tables pairs their rows.
    ordered[np.lexsort(published.T)] = table[np.lexsort(table.T)]
    if digest(ordered) != SHA256:
        raise WrongDataError(
            "the served values are not the published ones: "
            f"sha256 {digest(ordered)}, expected {SHA256}"
        )
    return UciDigits(
        table=ordered,
        # Through JSON, because ucimlrepo's dict class hides misspelt keys and does not unpickle.
        metadata=json.loads(json.dumps(response["metadata"])),
    )
