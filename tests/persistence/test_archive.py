import contextlib
import io
import struct
import warnings
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdigits.exceptions import ModelFileError
from skdigits.persistence._archive import OPTIONAL_PARTS, PARTS, read_archive, write_archive

CONTENT = {name: name.encode() * 3 for name in PARTS}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "digits.skdigits"


@pytest.fixture
def refuses(path):
    """Check that a file of these bytes is refused, in words that name it."""

    def check(data, problem):
        path.write_bytes(data)
        with pytest.raises(ModelFileError, match=problem) as refusal:
            read_archive(path)
        assert str(path) in str(refusal.value)
        assert "skdigits.save_model" in str(refusal.value)

    return check


def good(content=CONTENT):
    """Return the bytes of an archive, not by the code under test."""
    return zipped(content.items())


def zipped(members, **options):
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", **options) as archive:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


@given(
    st.fixed_dictionaries(
        dict.fromkeys(PARTS, st.binary(max_size=50)),
        optional=dict.fromkeys(OPTIONAL_PARTS, st.binary(max_size=50)),
    )
)
def test_what_is_written_is_read(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("archive") / "digits.skdigits"
    write_archive(path, content)
    assert read_archive(path) == content


def test_it_is_a_plain_zip_file_without_compression(path):
    write_archive(path, CONTENT)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == CONTENT
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


def test_the_same_content_makes_the_same_bytes(path):
    write_archive(path, CONTENT)
    first = path.read_bytes()
    write_archive(str(path), dict(reversed(CONTENT.items())))
    assert path.read_bytes() == first


def test_what_another_zip_program_has_stored_is_read(path):
    path.write_bytes(good())
    assert read_archive(path) == CONTENT


def test_a_file_that_is_not_there_is_an_os_error(path):
    with pytest.raises(FileNotFoundError):
        read_archive(path)
    with pytest.raises(OSError, match=r"directory|denied"):
        read_archive(path.parent)


def test_a_file_beyond_the_limit_is_not_read(path):
    write_archive(path, CONTENT)
    size = path.stat().st_size
    assert read_archive(path, max_bytes=size) == CONTENT
    with pytest.raises(ModelFileError, match=f"more than {size - 1} bytes.*larger max_bytes"):
        read_archive(path, max_bytes=size - 1)


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"\x80\x04pickle", b"\x89PNG", b"PK\x05\x06" + b"\0" * 18]
)
def test_what_is_no_archive_is_refused(data, refuses):
    refuses(data, "does not begin as a zip archive does")


def test_every_truncation_is_refused(path, refuses):
    data = good()
    for length in range(len(data)):
        refuses(data[:length], "does not (begin|end)")


@pytest.mark.parametrize("junk", [b"\0", b"junk" * 20])
def test_what_stands_before_or_after_is_refused(junk, refuses):
    refuses(junk + good(), "does not begin")
    refuses(good() + junk, "does not end")
    with_comment = bytearray(good() + junk)
    struct.pack_into("<H", with_comment, len(with_comment) - len(junk) - 2, len(junk))
    refuses(bytes(with_comment), "does not end")


def test_a_gap_before_the_first_part_is_refused(refuses):
    data = good()
    start = data.index(b"PK\x01\x02")
    refuses(data[:4] + b"PK\x03\x04" + data[4:], "overlap|between|No such|magic|bad|Bad")
    refuses(data[:start] + b"gap" + data[start:], "overlap|between|add up|magic|bad|Bad")


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compressed_part_is_refused_unread(kind, refuses):
    bomb = {**CONTENT, "history.json": b"0" * 10_000_000}
    refuses(zipped(bomb.items(), compression=kind), "'metadata.json' is compressed")


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("notes.txt", "does not belong there: 'notes.txt'"),
        ("../metadata.json", "does not belong there: '../metadata.json'"),
        ("/etc/passwd", "does not belong there: '/etc/passwd'"),
        ("C:\\metadata.json", "does not belong there"),
        ("metadata.json/", "does not belong there: 'metadata.json/'"),
        ("Metadata.json", "does not belong there"),
        ("weights.safetensors", "is there twice|a part twice"),
    ],
)
def test_parts_that_do_not_belong_there_are_refused(more, problem, refuses):
    refuses(zipped([*CONTENT.items(), (more, b"{}")]), problem)


def test_a_name_that_goes_on_after_a_null_is_refused(refuses):
    refuses(good().replace(b"history.json", b"history\0json"), "does not belong there")


def test_many_parts_are_refused_unread(refuses):
    refuses(zipped((f"part-{i}", b"") for i in range(5000)), "more parts than belong there")


@pytest.mark.parametrize("missing", PARTS)
def test_a_missing_part_is_named(missing, refuses):
    rest = {name: content for name, content in CONTENT.items() if name != missing}
    refuses(good(rest), f"lacks the part '{missing}'")


def entries(data):
    """Return the places of the entries of the central directory."""
    place = data.index(b"PK\x01\x02")
    while data[place : place + 4] == b"PK\x01\x02":
        yield place
        place += 46 + struct.unpack_from("<H", data, place + 28)[0]


@pytest.mark.parametrize(
    ("field", "form", "value", "problem"),
    [
        (8, "<H", 0x1, "encrypted"),
        (8, "<H", 0x8, "encrypted or has options"),
        (10, "<H", 8, "compressed"),
        (10, "<H", 99, "compressed"),
        (16, "<L", 0, "CRC"),
        (20, "<L", 1, "compressed"),
        (24, "<L", 2**31, "compressed"),
        (24, "<L", 2**32 - 1, "compressed|zip64|Corrupt"),
        (42, "<L", 0, "overlap"),
        (42, "<L", 2**32 - 1, "overlap|zip64|Corrupt"),
    ],
)
def test_entries_that_say_something_else_are_refused(field, form, value, problem, refuses):
    data = bytearray(good())
    struct.pack_into(form, data, list(entries(data))[1] + field, value)
    refuses(bytes(data), problem)


def test_two_parts_that_share_their_bytes_are_refused(refuses):
    data = bytearray(good(dict.fromkeys(PARTS, b"same")))
    first, *others = entries(data)
    for other in others:
        struct.pack_into("<L", data, other + 42, struct.unpack_from("<L", data, first + 42)[0])
    refuses(bytes(data), "overlap")


def test_a_part_with_extra_fields_or_a_comment_is_refused(refuses):
    with_comment, with_extra = zipfile.ZipInfo("history.json"), zipfile.ZipInfo("history.json")
    with_comment.comment, with_extra.extra = b"comment", struct.pack("<HH4s", 0xCAFE, 4, b"more")
    rest = [(name, content) for name, content in CONTENT.items() if name != "history.json"]
    for entry in (with_comment, with_extra):
        refuses(zipped([*rest, (entry, b"{}")]), "encrypted or has options of zip")


def test_zip64_is_refused(refuses):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in CONTENT.items():
            with archive.open(name, "w", force_zip64=True) as part:
                part.write(content)
    refuses(buffer.getvalue(), "no sound model file")


@given(st.data())
def test_an_altered_byte_is_refused_or_means_nothing(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("archive") / "digits.skdigits"
    altered = bytearray(good())
    place = data.draw(st.integers(0, len(altered) - 1))
    altered[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(altered)
    with contextlib.suppress(ModelFileError):
        assert read_archive(path) == CONTENT
