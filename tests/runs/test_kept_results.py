import json

import pytest

from skdigits._runs import _kept_results
from skdigits._runs._kept_results import keep, read_kept

SETTINGS = {"seed": 1, "filters": (8, 16), "augment": None}


@pytest.fixture
def path(tmp_path):
    keep(tmp_path / "row.json", SETTINGS, {"wrong": [3], "log_loss": 0.1})
    return tmp_path / "row.json"


def test_what_was_kept_is_given_back_for_the_same_settings(path):
    assert read_kept(path, SETTINGS) == {"wrong": [3], "log_loss": 0.1}


@pytest.mark.parametrize("change", [{"seed": 2}, {"filters": (8,)}, {"more": 1}])
def test_nothing_is_given_back_for_others(path, change):
    assert read_kept(path, SETTINGS | change) is None


def test_a_missing_file_is_no_mistake(tmp_path):
    assert read_kept(tmp_path / "none.json", SETTINGS) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b"{}", b"\xff\xfe", b'{"sha256": 1}', b'{"sha256": "0"}'],
)
def test_a_damaged_file_is_warned_about(path, content):
    path.write_bytes(content)
    with pytest.warns(UserWarning, match=r"row\.json is damaged .* worked out anew"):
        assert read_kept(path, SETTINGS) is None


@pytest.mark.parametrize("where", ["settings", "result"])
def test_an_altered_file_is_warned_about(path, where):
    record = json.loads(path.read_text())
    record[where]["seed"] = 1.5
    path.write_text(json.dumps(record))
    with pytest.warns(UserWarning, match="its checksum is not that of its content"):
        assert read_kept(path, SETTINGS) is None


def test_a_folder_in_its_place_is_warned_about(tmp_path):
    with pytest.warns(UserWarning, match="is damaged"):
        assert read_kept(tmp_path, SETTINGS) is None


def test_an_interrupt_keeps_the_old_file_whole(path, monkeypatch):
    def interrupt(*arguments, **parameters):
        raise KeyboardInterrupt

    monkeypatch.setattr(_kept_results.json, "dumps", interrupt)
    with pytest.raises(KeyboardInterrupt):
        keep(path, {"seed": 2}, {})
    monkeypatch.undo()
    assert read_kept(path, SETTINGS) == {"wrong": [3], "log_loss": 0.1}
    assert list(path.parent.iterdir()) == [path]
