"""Optdigits from the UCI repository, through ucimlrepo and in spite of its gaps.

ucimlrepo makes two requests without timeout, retry or checksum, and reports some network
faults as "data set not found". Here each attempt has a deadline, passing faults are tried
again, and the data are verified and brought back to their published order.
"""

import http.client
import json
import threading
import time
import warnings
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError

import numpy as np

from skdigits.datasets._packaged import METADATA, SHA256, Table, digest, packaged_table

__all__ = ["DatasetFetchError", "UciDigits", "download"]


class DatasetFetchError(OSError):
    """The live data could not be had; the message says why and what to do next.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from skdigits.datasets import DatasetFetchError, fetch_optdigits, load_optdigits
    >>> with TemporaryDirectory() as empty:
    ...     try:
    ...         digits = fetch_optdigits(data_home=empty, download_if_missing=False)
    ...     except DatasetFetchError:
    ...         digits = load_optdigits()
    >>> digits.data.shape
    (5620, 64)
    """


class _WrongDataError(Exception):
    """The answer is complete, but it is not optdigits: no use in asking again."""


@dataclass(frozen=True)
class UciDigits:
    """What UCI knows of optdigits: verified data in published order, and JSON-ready records."""

    table: Table
    metadata: dict[str, Any]
    variables: list[dict[str, Any]]


def download(*, n_retries: int, delay: float, timeout: float) -> UciDigits:
    """Fetch and verify; after a passing fault wait `delay`, 2 `delay`, ... and try again."""
    attempt = 0
    while True:
        try:
            return _verified(_ask(timeout))
        except Exception as error:  # what ucimlrepo lets through has no common class
            fault = f"{type(error).__name__}: {error}".rstrip(".")
            if attempt == n_retries or not _may_pass(error):
                raise DatasetFetchError(
                    f"Could not fetch optdigits from the UCI repository in {attempt + 1} "
                    f"attempt(s): {fault}. Offline, or the server is unwell? Try again later, or "
                    "use skdigits.datasets.load_optdigits() for the same data packaged with "
                    "skdigits."
                ) from error
        pause = delay * 2**attempt
        warnings.warn(f"UCI gave no data ({fault}); again in {pause:g} s.", stacklevel=5)
        time.sleep(pause)
        attempt += 1


def _ask(timeout: float) -> Any:
    """Call ucimlrepo, but wait for it no longer than `timeout` seconds.

    A daemon thread is given up at the deadline. Of the alternatives, a default socket timeout
    is global to the process and never trips on a server that drips bytes, and a child process
    loses the original exception.
    """
    from ucimlrepo import fetch_ucirepo

    answer: Future[Any] = Future()

    def work() -> None:
        try:
            answer.set_result(fetch_ucirepo(id=METADATA["uci_id"]))
        except Exception as error:
            # ucimlrepo raises vaguer exceptions over the network fault that we want to know.
            fault = error.__context__ if isinstance(error.__context__, URLError) else error
            if isinstance(fault, HTTPError):
                fault.close()  # it holds the connection
            answer.set_exception(fault)

    threading.Thread(target=work, name="fetch_optdigits", daemon=True).start()
    if not wait([answer], timeout).done:
        raise TimeoutError(f"no complete answer within {timeout:g} seconds")
    return answer.result()


def _may_pass(error: Exception) -> bool:
    if isinstance(error, HTTPError):
        return error.code >= 500 or error.code in {408, 429}
    # ValueError: truncated or garbled JSON and CSV.
    return isinstance(error, (OSError, EOFError, http.client.HTTPException, ValueError))


def _verified(answer: Any) -> UciDigits:
    """Check ucimlrepo's answer and turn it into plain objects."""
    try:
        cells = np.column_stack([answer["data"]["features"], answer["data"]["targets"]])
        with np.errstate(invalid="ignore"):
            table = cells.astype(np.uint8)
    except (TypeError, ValueError) as error:
        raise _WrongDataError(f"the served table is not numeric: {error}") from error
    published = packaged_table()
    if table.shape[1] == published.shape[1] and len(table) < len(published):
        raise EOFError(f"only {len(table)} of {len(published)} rows arrived")
    if table.shape != published.shape or not np.array_equal(table, cells):
        raise _WrongDataError(
            f"the served table of shape {cells.shape} is not {published.shape} counts and labels"
        )
    # No row occurs twice, so sorting both tables pairs their rows.
    ordered = np.empty_like(table)
    ordered[np.lexsort(published.T)] = table[np.lexsort(table.T)]
    if digest(ordered) != SHA256:
        raise _WrongDataError(
            "the served values are not the published ones: "
            f"sha256 {digest(ordered)}, expected {SHA256}"
        )
    return UciDigits(
        table=ordered,
        # Through JSON, because ucimlrepo's dict class hides misspelt keys and does not unpickle.
        metadata=json.loads(json.dumps(answer["metadata"])),
        variables=json.loads(answer["variables"].to_json(orient="records")),
    )
