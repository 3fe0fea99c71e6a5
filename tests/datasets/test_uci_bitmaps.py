"""The bitmaps that are not packaged come from UCI's archive, and belong to their rows."""

import io
import zipfile
from functools import cache
from itertools import repeat

import numpy as np
import pytest

from skdigits.datasets import DatasetFetchError, load_optdigits

PATH = "optdigits_uci/bitmaps.npz"
MEMBER = "optdigits-orig.wdep.Z"
WDEP = slice(2880, 3823)
HEADER = b"Optical digits, writer-dependent testing\n" * 19 + b" ntot = 943 \n nattr=1024\n"


def made_up_bitmaps():
    """Bitmaps whose counts are the 943 rows: where in a block the ink is, nobody here knows."""
    counts = load_optdigits().images[WDEP].repeat(4, axis=1).repeat(4, axis=2)
    place = np.random.default_rng(0).permuted(np.tile(np.arange(16), (943, 64, 1)), axis=2)
    place = place.reshape(943, 8, 8, 4, 4).transpose(0, 1, 3, 2, 4).reshape(943, 32, 32)
    return (place < counts).astype(np.uint8)


def as_text(bitmaps, labels=None, end=b"\n"):
    """The digits as lines of 0 and 1, each followed by its label."""
    labels = load_optdigits().target[WDEP] if labels is None else labels
    digits = (bitmaps + ord("0")).astype(np.uint8)
    lines = []
    for digit, label in zip(digits, labels, strict=True):
        lines += [*map(bytes, digit), b" %d" % label]
    return HEADER + end.join(lines) + end


def compress(data):
    """Write what Unix's compress writes: LZW in codes of 9 bits, then 10, ... and 16 at most."""
    table = {bytes([i]): i for i in range(256)}
    codes, word = [], b""
    for i in range(len(data)):
        longer = word + data[i : i + 1]
        if longer in table:
            word = longer
            continue
        codes.append(table[word])
        if len(table) < 2**16 - 1:
            table[longer] = len(table) + 1  # code 256 would clear the table
        word = longer[-1:]
    codes.append(table[word])
    widths = (min((256 + i).bit_length(), 16) for i in range(len(codes)))
    bits = "".join(f"{code:0{width}b}"[::-1] for code, width in zip(codes, widths, strict=True))
    return b"\x1f\x9d\x90" + np.packbits([*map(int, bits)], bitorder="little").tobytes()


def zipped(members):
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@cache
def published_member():
    return compress(as_text(made_up_bitmaps()))


@pytest.fixture
def archive(uci):
    uci.archive = zipped({"optdigits.tra": "0,0", MEMBER: published_member()})
    return uci


def assert_complete(digits):
    packaged = load_optdigits(bitmaps=True)
    assert digits.has_bitmap.all()
    assert (digits.bitmaps.shape, digits.bitmaps.dtype) == ((5620, 32, 32), np.uint8)
    has = packaged.has_bitmap
    np.testing.assert_array_equal(digits.bitmaps[has], packaged.bitmaps[has])
    np.testing.assert_array_equal(digits.bitmaps[~has], made_up_bitmaps())


def test_all_bitmaps_are_there_and_their_counts_are_the_rows(archive, fetch):
    digits = fetch(bitmaps=True)

    assert_complete(digits)
    counts = digits.bitmaps.reshape(-1, 8, 4, 8, 4).sum(axis=(2, 4))
    np.testing.assert_array_equal(counts, digits.images)
    assert set(digits) == {*load_optdigits(bitmaps=True), "variables"}


def test_the_archive_is_asked_for_once_and_only_for_its_bitmaps(archive, fetch, tmp_path):
    assert "bitmaps" not in fetch()
    assert archive.requests["archive"] == 0
    fetch(bitmaps=True)
    assert archive.requests["archive"] == 1

    digits = fetch(bitmaps=True, download_if_missing=False)
    digits.bitmaps[:] = 0  # the caller's own
    assert_complete(fetch(bitmaps=True))

    assert archive.requests == {"metadata": 1, "csv": 1, "archive": 1}
    assert (tmp_path / PATH).stat().st_size < 150_000


@pytest.mark.parametrize(("subset", "rows"), [("train", slice(3823)), ("test", slice(3823, None))])
def test_bitmaps_are_those_of_the_subset(archive, fetch, subset, rows):
    np.testing.assert_array_equal(
        fetch(bitmaps=True, subset=subset).bitmaps, fetch(bitmaps=True).bitmaps[rows]
    )


def spoilt_dot(bitmaps, labels):
    bitmaps[500, 15, 12] ^= 1


def moved_label(bitmaps, labels):
    labels[500] = (labels[500] + 1) % 10


def moved_block(bitmaps, labels):
    bitmaps[500] = np.roll(bitmaps[500], 4, axis=1)


@pytest.mark.parametrize("spoil", [spoilt_dot, moved_label, moved_block])
def test_other_bitmaps_than_those_of_the_rows_are_refused(uci, fetch, tmp_path, spoil):
    bitmaps, labels = made_up_bitmaps(), load_optdigits().target[WDEP]
    spoil(bitmaps, labels)
    uci.archive = zipped({MEMBER: compress(as_text(bitmaps, labels))})

    with pytest.raises(DatasetFetchError, match=r"1 attempt.*wdep\.Z are not the published rows"):
        fetch(bitmaps=True)

    assert not (tmp_path / PATH).exists()


def test_any_order_line_ends_and_folder_will_do(uci, fetch):
    order = np.random.default_rng(0).permutation(943)
    labels = load_optdigits().target[WDEP][order]
    text = as_text(made_up_bitmaps()[order], labels, end=b"\r\n")
    uci.archive = zipped({f"optdigits/{MEMBER}": compress(text)})

    assert_complete(fetch(bitmaps=True))


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({}, "not in the archive, which has nothing"),
        ({"optdigits.tra": "0", "optdigits.tes": "0"}, r"has optdigits\.tra, optdigits\.tes"),
        ({MEMBER: b"0,1,6\n"}, "cannot be decompressed: .*magic"),
        ({MEMBER: compress(HEADER)}, "has 0 bitmaps, expected 943"),
        ({MEMBER: compress(as_text(np.zeros((2, 32, 32)), [1, 2]))}, "has 2 bitmaps"),
    ],
)
def test_another_archive_is_a_permanent_fault(uci, fetch, members, fault):
    uci.archive = zipped(members)

    with pytest.raises(DatasetFetchError, match=rf"1 attempt.*{fault}.*bitmaps=True.*4677") as e:
        fetch(bitmaps=True)

    assert "bitmaps of optdigits" in str(e.value)
    assert uci.requests["archive"] == 1


def half(handler, body):
    handler.send(body[: len(body) // 2])


def flipped(handler, body):
    middle = len(body) // 2
    handler.send(body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :])


def cut(handler, body):
    handler.send(body[: len(body) // 2], promised=len(body))


def unavailable(handler, body):
    handler.send_error(503)


@pytest.mark.parametrize("fault", [half, flipped, cut, unavailable])
def test_passing_faults_are_retried(archive, fetch, fault):
    archive.faults["archive"] = iter([fault])

    with pytest.warns(UserWarning, match="trying again in") as warned:
        assert_complete(fetch(bitmaps=True))

    assert [warning.filename for warning in warned] == [__file__]
    assert archive.requests["archive"] == 2


def test_without_the_archive_the_table_is_kept_and_the_error_says_what_there_is(archive, fetch):
    archive.faults["archive"] = repeat(lambda handler, body: handler.send_error(404))

    with pytest.raises(DatasetFetchError, match=r"HTTP Error 404.*load_optdigits\(bitmaps=True\)"):
        fetch(bitmaps=True)

    assert fetch(download_if_missing=False).data.shape == (5620, 64)
    with pytest.raises(DatasetFetchError, match="No cached bitmaps of optdigits and download_if"):
        fetch(bitmaps=True, download_if_missing=False)


def test_timeout_holds_for_the_archive(archive, fetch):
    fetch()
    archive.faults["archive"] = repeat(lambda handler, body: handler.server.closing.wait(20))

    with pytest.raises(DatasetFetchError, match=r"no complete response within 0\.3 seconds"):
        fetch(bitmaps=True, n_retries=0, timeout=0.3)


def truncate(path):
    path.write_bytes(path.read_bytes()[:1000])


def shift(path):
    with np.load(path) as stored:
        bitmaps = stored["bitmaps"]
    np.savez_compressed(path, bitmaps=np.roll(bitmaps, 1, axis=0))


def cut_short(path):
    with np.load(path) as stored:
        bitmaps = stored["bitmaps"]
    np.savez_compressed(path, bitmaps=bitmaps[:-1])


@pytest.mark.parametrize("damage", [truncate, shift, cut_short])
def test_damaged_cache_is_fetched_again(archive, fetch, tmp_path, damage):
    fetch(bitmaps=True)
    damage(tmp_path / PATH)

    with pytest.raises(DatasetFetchError, match=r"bitmaps\.npz is damaged"):
        fetch(bitmaps=True, download_if_missing=False)
    with pytest.warns(UserWarning, match=r"bitmaps\.npz is damaged.*fetching it again") as warned:
        assert_complete(fetch(bitmaps=True))

    assert warned[0].filename == __file__
    assert_complete(fetch(bitmaps=True, download_if_missing=False))
