import os
import socket
import time
from itertools import repeat
from urllib.error import HTTPError

import numpy as np
import pandas as pd
import pytest

from skdigits.datasets import fetch_optdigits, load_optdigits
from skdigits.datasets._uci import DatasetFetchError

PATH = "optdigits_uci/optdigits.npz"


def http_error(code):
    return lambda handler, body: handler.send_error(code)


def html(handler, body):
    handler.send(b"<html>down for maintenance</html>")


def truncated(handler, body):
    handler.send(body[: len(body) // 2], promised=len(body))


def cut_between_rows(handler, body):
    handler.send(body[: body.rindex(b"\n", 0, len(body) // 2) + 1])


def silent(handler, body):
    handler.server.closing.wait(20)


def dripping(handler, body):
    """Send a byte now and then, so that no socket timeout ever trips."""
    handler.send_response(200)
    handler.end_headers()
    for i in range(len(body)):
        handler.wfile.write(body[i : i + 1])
        if handler.server.closing.wait(0.02):
            return


def leftovers(folder):
    return [file for file in folder.rglob("*") if file.is_file()]


def assert_published(digits):
    expected = load_optdigits()
    np.testing.assert_array_equal(digits.data, expected.data)
    np.testing.assert_array_equal(digits.target, expected.target)


def test_bunch_is_that_of_load_optdigits_with_the_servers_metadata(uci, fetch):
    uci.metadata["name"] = "Renamed"

    digits = fetch()

    assert_published(digits)
    assert set(digits) == {*load_optdigits()}
    assert digits.DESCR == load_optdigits().DESCR
    metadata = digits.metadata
    assert metadata["name"] == "Renamed"
    assert metadata["licence"].startswith("CC BY 4.0")
    assert metadata["intro_paper"] == uci.metadata["intro_paper"]
    assert type(metadata) is type(metadata["intro_paper"]) is dict


def test_subset_as_frames(uci, fetch):
    X, y = fetch(subset="train", return_X_y=True, as_frame=True)

    expected_X, expected_y = load_optdigits(subset="train", return_X_y=True, as_frame=True)
    assert len(X) == 3823
    pd.testing.assert_frame_equal(X, expected_X)
    pd.testing.assert_series_equal(y, expected_y)


def test_second_call_makes_no_request_and_returns_the_same(uci, fetch):
    first = fetch()
    second = fetch()

    assert uci.requests == {"metadata": 1, "csv": 1}
    assert second.metadata == first.metadata
    assert_published(second)


def test_shuffled_rows_are_put_into_published_order(uci, fetch):
    header, *rows = uci.csv.splitlines()
    np.random.default_rng(0).shuffle(rows)
    uci.csv = "\n".join([header, *rows])

    assert_published(fetch())


@pytest.mark.parametrize(
    ("resource", "fault", "reason"),
    [
        ("metadata", http_error(500), "HTTP Error 500"),
        ("csv", http_error(429), "HTTP Error 429"),
        ("csv", truncated, "IncompleteRead"),
        ("csv", cut_between_rows, "of 5620 rows arrived"),
        ("metadata", html, "JSONDecodeError"),
    ],
)
def test_passing_faults_are_retried(uci, fetch, resource, fault, reason):
    uci.faults[resource] = iter([fault, fault])

    with pytest.warns(UserWarning, match=f"{reason}.*trying again in") as warned:
        digits = fetch()

    assert_published(digits)
    assert [warning.filename for warning in warned] == [__file__] * 2
    assert uci.requests[resource] == 3


def test_network_fault_is_told_apart_while_another_exception_is_handled(uci, fetch):
    uci.faults["csv"] = repeat(http_error(502))

    try:
        raise ValueError
    except ValueError:
        with pytest.raises(DatasetFetchError, match="HTTP Error 502") as caught:
            fetch(n_retries=0)

    assert isinstance(caught.value.__cause__, HTTPError)


def test_retries_end_and_wait_exponentially(uci, fetch, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    uci.faults["metadata"] = repeat(http_error(502))

    with (
        pytest.warns(UserWarning, match="HTTP Error 502"),
        pytest.raises(DatasetFetchError, match=r"4 attempt.*HTTP Error 502.*load_optdigits"),
    ):
        fetch(n_retries=3, delay=5)

    assert uci.requests["metadata"] == 4
    assert pauses == [5, 10, 20]


@pytest.mark.parametrize(("resource", "fault"), [("metadata", silent), ("csv", dripping)])
def test_timeout_holds_for_silent_and_for_dripping_servers(uci, fetch, tmp_path, resource, fault):
    uci.faults[resource] = repeat(fault)
    start = time.perf_counter()

    with pytest.raises(DatasetFetchError, match=r"TimeoutError: no complete response within 0\.3"):
        fetch(n_retries=0, timeout=0.3)

    assert time.perf_counter() - start < 10
    assert not leftovers(tmp_path)


def test_refused_connection_is_retried(fetch, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setattr("ucimlrepo.fetch.API_BASE_URL", f"http://127.0.0.1:{port}/api/dataset")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    with (
        pytest.warns(UserWarning, match="refused"),
        pytest.raises(DatasetFetchError, match=r"2 attempt.*refused.*Check the connection"),
    ):
        fetch(n_retries=1)


def not_found(uci):
    uci.status = {"status": 404, "message": "No dataset 80"}


def not_importable(uci):
    uci.metadata["data_url"] = None


def gone(uci):
    uci.faults["csv"] = repeat(http_error(404))


def one_cell_changed(uci):
    assert uci.csv.count("\n0,1,6,15,12,1,") == 1
    uci.csv = uci.csv.replace("\n0,1,6,15,12,1,", "\n0,1,6,15,12,2,")


def one_cell_wraps_to_the_right_byte(uci):
    uci.csv = uci.csv.replace("\n0,1,6,15,12,1,", "\n0,1,6,15,12,257,")


def one_cell_not_a_number(uci):
    uci.csv = uci.csv.replace("\n0,1,6,15,12,1,", "\n0,1,6,15,12,one,")


def column_missing_from_the_table(uci):
    uci.csv = "\n".join(line.split(",", 1)[1] for line in uci.csv.splitlines())


def no_target(uci):
    del uci.metadata["variables"][-1]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (not_found, "No dataset 80"),
        (not_importable, "not available for import"),
        (gone, "HTTP Error 404"),
        (one_cell_changed, "not the published ones: sha256"),
        (one_cell_wraps_to_the_right_byte, "is not .* counts and labels"),
        (one_cell_not_a_number, "not numeric"),
        (column_missing_from_the_table, "Attribute1"),
        (no_target, "WrongDataError"),
    ],
)
def test_permanent_faults_are_not_retried(uci, fetch, tmp_path, spoil, fault):
    spoil(uci)

    with pytest.raises(DatasetFetchError, match=f"1 attempt.*{fault}.*load_optdigits") as caught:
        fetch()

    assert caught.value.__cause__ is not None
    assert uci.requests["metadata"] == 1
    assert not leftovers(tmp_path)


def test_missing_and_not_to_be_downloaded(uci, fetch):
    with pytest.raises(DatasetFetchError, match="download_if_missing is False"):
        fetch(download_if_missing=False)

    assert uci.requests == {"metadata": 0, "csv": 0}


def test_damaged_cache_is_fetched_again(uci, fetch, tmp_path):
    fetch()
    whole = (tmp_path / PATH).read_bytes()
    (tmp_path / PATH).write_bytes(whole[: len(whole) // 2])

    with pytest.raises(DatasetFetchError, match="is damaged"):
        fetch(download_if_missing=False)
    with pytest.warns(UserWarning, match="is damaged") as warned:
        assert_published(fetch())

    assert warned[0].filename == __file__
    assert uci.requests["csv"] == 2
    assert_published(fetch(download_if_missing=False))


def test_unusable_data_home_is_a_fetch_error_before_the_download(uci, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(DatasetFetchError, match="SKDIGITS_DATA") as caught:
        fetch_optdigits(data_home=tmp_path / "file")

    assert isinstance(caught.value.__cause__, OSError)
    assert uci.requests == {"metadata": 0, "csv": 0}


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_failed_write_leaves_no_file(uci, fetch, tmp_path, monkeypatch, failure):
    def half(file, **arrays):
        file.write(b"half a file")
        raise failure

    monkeypatch.setattr(np, "savez_compressed", half)

    with pytest.raises((DatasetFetchError, KeyboardInterrupt)) as caught:
        fetch()

    assert failure in (caught.value, caught.value.__cause__)
    assert not leftovers(tmp_path)


def test_process_is_left_as_it_was(uci, fetch):
    environment = dict(os.environ)
    uci.faults["metadata"] = iter([silent])

    with pytest.raises(DatasetFetchError):
        fetch(n_retries=0, timeout=0.1)
    fetch()

    assert socket.getdefaulttimeout() is None
    assert dict(os.environ) == environment


@pytest.mark.parametrize(
    "wrong", [{"subset": "holdout"}, {"n_retries": -1}, {"timeout": 0}, {"data_home": 7}]
)
def test_parameters_are_validated(wrong):
    with pytest.raises(ValueError, match=f"The '{next(iter(wrong))}' parameter"):
        fetch_optdigits(**wrong)
