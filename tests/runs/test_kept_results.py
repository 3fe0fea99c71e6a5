import json

import pytest

from skdigits._runs import KeptResults, _kept_results

SETTINGS = {"cv": 1, "filters": (8, 16), "augment": None}


@pytest.fixture
def kept(tmp_path):
    kept = KeptResults(tmp_path)
    kept.keep("row", SETTINGS, {"wrong": [3], "log_loss": 0.1})
    return kept


@pytest.fixture
def path(kept, tmp_path):
    return tmp_path / "row.json"


def test_what_was_kept_is_given_back_for_the_same_settings(kept):
    assert kept.read("row", SETTINGS) == {"wrong": [3], "log_loss": 0.1}


@pytest.mark.parametrize("change", [{"cv": 2}, {"filters": (8,)}, {"more": 1}])
def test_nothing_is_given_back_for_others(kept, change):
    assert kept.read("row", SETTINGS | change) is None


def test_a_missing_file_is_no_mistake(kept):
    assert kept.read("none", SETTINGS) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b"{}", b"\xff\xfe", b'{"sha256": 1}', b'{"sha256": "0"}'],
)
def test_a_damaged_file_is_warned_about(kept, path, content):
    path.write_bytes(content)
    with pytest.warns(UserWarning, match=r"row\.json is damaged .* worked out anew"):
        assert kept.read("row", SETTINGS) is None


@pytest.mark.parametrize("where", ["settings", "result"])
def test_an_altered_file_is_warned_about(kept, path, where):
    record = json.loads(path.read_text())
    record[where]["cv"] = 1.5
    path.write_text(json.dumps(record))
    with pytest.warns(UserWarning, match="its checksum is not that of its content"):
        assert kept.read("row", SETTINGS) is None


def test_a_folder_in_its_place_is_warned_about(kept, tmp_path):
    (tmp_path / "folder.json").mkdir()
    with pytest.warns(UserWarning, match="is damaged"):
        assert kept.read("folder", SETTINGS) is None


def test_an_interrupt_keeps_the_old_file_whole(kept, path, monkeypatch):
    def interrupt(*arguments, **parameters):
        raise KeyboardInterrupt

    monkeypatch.setattr(_kept_results.json, "dumps", interrupt)
    with pytest.raises(KeyboardInterrupt):
        kept.keep("row", {"cv": 2}, {})
    monkeypatch.undo()
    assert kept.read("row", SETTINGS) == {"wrong": [3], "log_loss": 0.1}
    assert list(path.parent.iterdir()) == [path]


@pytest.fixture
def squares():
    """Return squares of numbers, and which ones were asked for; 13 is one too many."""
    asked, ended = [], []

    def work(missing):
        asked.extend(missing)
        try:
            for number in missing:
                if number == 13:
                    raise KeyboardInterrupt
                yield number, {"square": number**2}
        finally:
            ended.append(True)

    return work, asked, ended


def complete(kept, numbers, work):
    return kept.complete({number: {"number": number} for number in numbers}, "n-{}".format, work)


def test_only_what_is_missing_is_done_and_the_order_is_that_of_the_settings(tmp_path, squares):
    work, asked, _ = squares
    kept = KeptResults(tmp_path / "new" / "folder")
    results, reused = complete(kept, [2, 3], work)
    assert (results, reused) == ({2: {"square": 4}, 3: {"square": 9}}, set())
    results, reused = complete(kept, [4, 3, 2], work)
    assert list(results) == [4, 3, 2]
    assert [result["square"] for result in results.values()] == [16, 9, 4]
    assert (asked, reused) == ([2, 3, 4], {2, 3})


def test_what_is_finished_before_an_interrupt_is_kept_and_the_work_is_ended(tmp_path, squares):
    work, _, ended = squares
    kept = KeptResults(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        complete(kept, [2, 13, 3], work)
    assert [path.name for path in tmp_path.iterdir()] == ["n-2.json"]
    assert ended == [True]


def test_without_a_folder_nothing_is_kept(squares, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    work, asked, _ = squares
    for _ in range(2):
        assert complete(KeptResults(None), [2], work) == ({2: {"square": 4}}, set())
    assert asked == [2, 2]
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_error_that_names_the_file_and_keeps_the_old_one(small_disk):
    kept = KeptResults(small_disk)
    kept.keep("old", {"cv": 2}, {"wrong": [1]})
    with pytest.raises(OSError, match=r"No space left on device: .*/disk/old\.json'"):
        kept.keep("old", {"cv": 2}, {"wrong": list(range(10**6))})
    assert kept.read("old", {"cv": 2}) == {"wrong": [1]}
    assert [path.name for path in small_disk.iterdir()] == ["old.json"]
