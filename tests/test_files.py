import errno
import os
import subprocess
import sys
import threading
import time

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


def left_by_a_dead_process(path):
    """Have another process die while it writes, and give the name of what it leaves."""
    code = (
        "import os, pathlib, sys; from skdigits._files import replacing\n"
        "with replacing(pathlib.Path(sys.argv[1])) as part:\n"
        "    part.write_text('half'); os._exit(9)"
    )
    before = set(path.parent.iterdir())
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == 9
    (left,) = set(path.parent.iterdir()) - before
    return left


def test_what_a_dead_process_left_goes_with_the_next_writing(tmp_path):
    path = tmp_path / "file.txt"
    write(path, "old")
    left = left_by_a_dead_process(path)
    assert path.read_text() == "old"
    write(tmp_path / "other.txt", "other")
    assert left.exists()
    write(path, "new")
    assert path.read_text() == "new"
    assert not left.exists()


def test_what_a_living_process_is_writing_stays_and_other_files_stay(tmp_path):
    path = tmp_path / "file.txt"
    others = [tmp_path / name for name in ("file.txt.part", "file.txt.a-b-c.part", "file.txt.bak")]
    for other in others:
        other.write_text("mine")
    with replacing(path) as first:
        first.write_text("first")
        write(path, "second")
        assert first.read_text() == "first"
    assert all(other.read_text() == "mine" for other in others)


def test_what_has_been_left_for_more_than_a_day_goes_whoever_wrote_it(tmp_path):
    path = tmp_path / "file.txt"
    young, old = (tmp_path / f"file.txt.0123abcd-{n}-0.part" for n in (1, 2))
    for left in (young, old):
        left.write_text("half")
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    write(path, "new")
    assert young.exists()
    assert not old.exists()


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
