import pytest

from skdigits._runs import KeptResults, _kept_results, claim_folder
from skdigits.comparison import run_comparison
from skdigits.model_training import train_model
from skdigits.search import digit_search
from skdigits.study import run_study

SETTINGS = {"cv": 1, "filters": [8, 16], "augment": None}


@pytest.fixture
def kept(tmp_path):
    kept = KeptResults(tmp_path)
    kept.keep("row", SETTINGS, {"wrong": [3], "log_loss": 0.1})
    return kept


@pytest.fixture
def path(kept, tmp_path):
    return tmp_path / "row.json"


def test_a_result_is_found_under_its_name_with_the_same_settings(kept):
    assert kept.read("row", SETTINGS) == {"wrong": [3], "log_loss": 0.1}
    assert kept.read("other", SETTINGS) is None
    for change in ({"cv": 2}, {"filters": [8]}, {"more": 1}):
        assert kept.read("row", SETTINGS | change) is None


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[]", b"{}", b"\xff\xfe"])
def test_a_damaged_file_is_warned_about(kept, path, content):
    path.write_bytes(content)
    with pytest.warns(UserWarning, match=r"row\.json is damaged .* computed again"):
        assert kept.read("row", SETTINGS) is None


def test_a_folder_in_its_place_is_warned_about(kept, tmp_path):
    (tmp_path / "folder.json").mkdir()
    with pytest.warns(UserWarning, match="is damaged"):
        assert kept.read("folder", SETTINGS) is None


def test_an_interrupt_keeps_the_old_file_whole(kept, path, monkeypatch):
    def interrupt(part, text, **parameters):
        part.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(_kept_results.Path, "write_text", interrupt)
    with pytest.raises(KeyboardInterrupt):
        kept.keep("row", {"cv": 2}, {})
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


def test_only_missing_results_are_computed_and_the_order_is_that_of_the_settings(tmp_path, squares):
    work, asked, _ = squares
    kept = KeptResults(tmp_path / "new" / "folder")
    results, reused = complete(kept, [2, 3], work)
    assert (results, reused) == ({2: {"square": 4}, 3: {"square": 9}}, set())
    results, reused = complete(kept, [4, 3, 2], work)
    assert list(results) == [4, 3, 2]
    assert [result["square"] for result in results.values()] == [16, 9, 4]
    assert (asked, reused) == ([2, 3, 4], {2, 3})


def test_an_interrupt_keeps_finished_results_and_ends_the_work(tmp_path, squares):
    work, _, ended = squares
    with pytest.raises(KeyboardInterrupt):
        complete(KeptResults(tmp_path), [2, 13, 3], work)
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


def test_flipped_bits_are_warned_about(kept, path):
    path.write_text(path.read_text().replace("0.1", "0.3"))
    with pytest.warns(UserWarning, match=r"checksum does not match.*computed again"):
        assert kept.read("row", SETTINGS) is None


@pytest.mark.parametrize(
    ("run", "parameter", "folder"),
    [
        (run_study, "output", "steps"),
        (run_comparison, "output", "rows"),
        (digit_search, "output", "trials"),
        (train_model, "checkpoint", ""),
    ],
)
def test_a_second_run_in_the_folder_of_a_running_one_is_refused(
    run, parameter, folder, digits_csv, tmp_path
):
    with (
        claim_folder(tmp_path / folder),
        pytest.raises(OSError, match=r"Another run uses .+\. Wait until it has ended, or choose"),
    ):
        run(digits_csv, **{parameter: tmp_path})
    assert not list(tmp_path.rglob("*.lock"))
