import errno
import os
import stat
import threading
import time
from pathlib import Path

import pytest

from skdigits._files import replacing


def write(path, text):
    with replacing(path) as part:
        part.write_text(text)


def test_the_new_file_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with replacing(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def fail_halfway(path, error):
    with replacing(path) as part:
        part.write_text("half")
        raise error


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_fails_leaves_the_old_file_and_no_part(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(error):
        fail_halfway(path, error)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_writers_side_by_side_do_not_mix(tmp_path):
    path = tmp_path / "file.txt"
    texts = {letter: letter * 100_000 for letter in "abcd"}

    def write_often(letter):
        for _ in range(10):
            write(path, texts[letter])

    threads = [threading.Thread(target=write_often, args=letter) for letter in texts]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if path.exists():
            assert path.read_text() in texts.values()
        time.sleep(0.001)
    assert path.read_text() in texts.values()
    assert list(tmp_path.iterdir()) == [path]


def test_the_last_of_two_writers_wins(tmp_path):
    path = tmp_path / "file.txt"
    with replacing(path) as first:
        first.write_text("first")
        write(path, "second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path):
    folder, link, dangling = (tmp_path / name for name in ("folder", "link", "dangling"))
    folder.mkdir()
    (folder / "file").write_text("old")
    link.symlink_to("folder/file")
    dangling.symlink_to(folder / "new")
    for path in (link, dangling):
        write(path, "new")
        assert path.is_symlink()
        assert path.read_text() == "new"
    assert sorted(path.name for path in folder.iterdir()) == ["file", "new"]


@pytest.mark.skipif(os.name == "nt", reason="files have no modes")
@pytest.mark.parametrize("mode", [0o600, 0o444, 0o664])
def test_the_mode_of_the_file_is_kept_and_not_exceeded_meanwhile(tmp_path, mode):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(mode)
    with replacing(path) as part:
        part.write_text("new")
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text() == "new"

    (tmp_path / "usual").touch()
    write(tmp_path / "new", "")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("sign", ["a", "é", "数"])
def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path, sign):
    path = tmp_path / (sign * (255 // len(sign.encode())))
    write(path, "text")
    assert path.read_text() == "text"


def test_a_folder_and_a_device_are_not_replaced(tmp_path):
    for path in (tmp_path, Path(os.devnull)):
        with pytest.raises(FileExistsError, match="not a file") as caught:
            write(path, "text")
        assert caught.value.filename == str(path)


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    path = tmp_path / "nowhere" / "file"
    with pytest.raises(FileNotFoundError) as caught, replacing(path) as part:
        part.write_text("")
    assert caught.value.filename == str(path)
    assert ".part" not in str(caught.value)


def test_an_error_without_a_name_gets_that_of_the_file(tmp_path):
    with pytest.raises(OSError, match="No space left") as caught, replacing(tmp_path / "file"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "file")
