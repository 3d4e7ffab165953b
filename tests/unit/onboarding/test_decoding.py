"""Bytes of a landed file into text: whole and UTF-8, or refused as what is wrong with it."""

import gzip

import pytest

from omnichannel.contracts.datasets import CONSENTS, EVENTS, ORDERS, RETURNS, Format
from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding.decode import CHUNK, plain_chunks, utf8_chunks
from omnichannel.onboarding.recognise import FileRefused, format_of

LINES = "".join(f'{{"n":{n},"name":"Zoë"}}\n' for n in range(200)).encode()


def text_of(tmp_path, content):
    path = tmp_path / "landed"
    path.write_bytes(content)
    return b"".join(utf8_chunks(plain_chunks(path), path))


def refusal_of(tmp_path, content):
    with pytest.raises(FileRefused) as refused:
        text_of(tmp_path, content)
    return refused.value


@pytest.mark.parametrize(
    "content", [LINES, gzip.compress(LINES), gzip.compress(LINES[:90]) + gzip.compress(LINES[90:]), gzip.compress(LINES) + bytes(9)]
)
def test_plain_and_gzipped_content_is_the_same_text(tmp_path, content):
    assert text_of(tmp_path, content) == LINES


def test_a_large_gzip_is_read_in_bounded_pieces(tmp_path):
    path = tmp_path / "landed"
    path.write_bytes(gzip.compress(bytes(8 * CHUNK)))

    assert max(map(len, plain_chunks(path))) <= CHUNK


@pytest.mark.parametrize("kept", [3, 10, 30, -30, -8, -1])
def test_a_gzip_cut_anywhere_is_truncated_never_read(tmp_path, kept):
    assert refusal_of(tmp_path, gzip.compress(LINES)[:kept]).reason is Reason.TRUNCATED_FILE


def test_damage_inside_a_gzip_is_unreadable(tmp_path):
    broken = bytearray(gzip.compress(LINES))
    broken[-6] ^= 0xFF

    assert refusal_of(tmp_path, bytes(broken)).reason is Reason.UNREADABLE_FILE


def test_a_byte_order_mark_is_taken_off(tmp_path):
    assert text_of(tmp_path, b"\xef\xbb\xbf" + LINES) == LINES


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_another_encoding_is_refused_with_the_rows_that_could_be_counted(tmp_path, encoding):
    refused = refusal_of(tmp_path, LINES.decode().encode(encoding))

    assert (refused.reason, refused.rows) == (Reason.WRONG_ENCODING, 200)


@pytest.mark.parametrize("zipped", [bytes, gzip.compress])
def test_rows_are_counted_before_and_after_the_byte_that_is_no_utf8(tmp_path, zipped):
    lines = LINES * (2 * CHUNK // len(LINES))
    refused = refusal_of(tmp_path, zipped(lines + b"\xff" + lines))

    assert (refused.reason, refused.rows) == (Reason.WRONG_ENCODING, 2 * lines.count(b"\n"))


@pytest.mark.parametrize("zipped", [bytes, gzip.compress])
@pytest.mark.parametrize("before", [0, 3, 2 * CHUNK // len(LINES)])
def test_the_line_of_the_first_byte_that_is_no_utf8_is_told(tmp_path, zipped, before):
    lines = LINES * before + "naïve,".encode() + b"\xefve\n" + b"\xff\n"

    assert refusal_of(tmp_path, zipped(lines)).line == (LINES * before).count(b"\n") + 1


def test_a_file_in_two_bytes_a_character_has_no_first_wrong_line(tmp_path):
    assert refusal_of(tmp_path, LINES.decode().encode("utf-16")).line == 0


def test_of_a_gzip_that_was_cut_the_lines_that_can_be_read_are_its_rows(tmp_path):
    zipped = gzip.compress(LINES) + gzip.compress(LINES)

    assert refusal_of(tmp_path, zipped[:-4]).rows == 400


def test_a_character_cut_at_the_end_is_a_wrong_encoding(tmp_path):
    refused = refusal_of(tmp_path, b"id\n" + "ë".encode()[:1])

    assert (refused.reason, refused.line) == (Reason.WRONG_ENCODING, 2)


@pytest.mark.parametrize(
    ("dataset", "name", "first", "expected"),
    [
        (ORDERS, "LOAD1.csv", b"a,b", Format.CSV),
        (ORDERS, "20240101-000000000.CSV.GZ", b"a,b", Format.CSV),
        (ORDERS, "part", b"PAR1", Format.PARQUET),
        (EVENTS, "1700000000/abc.gz", b"{}", Format.JSON_LINES),
        (CONSENTS, "export.gz", b' {"a":1}', Format.JSON_LINES),
        (CONSENTS, "export-2024.01.02", b"consent_id", Format.CSV),
    ],
)
def test_the_format_is_told_by_the_name_or_else_the_content(dataset, name, first, expected):
    assert format_of(dataset, dataset.prefix + name, first) is expected


@pytest.mark.parametrize(
    ("dataset", "name", "first"),
    [
        (RETURNS, "a.jsonl", b"{}"),
        (EVENTS, "a.csv", b"a"),
        (CONSENTS, "a.xlsx", b"PK\x03\x04"),
        (CONSENTS, "a.parquet", b"PAR1"),
        (ORDERS, "a.txt", b"a"),
    ],
)
def test_a_format_in_which_the_data_set_does_not_come_is_unknown(dataset, name, first):
    with pytest.raises(FileRefused, match="unknown-format"):
        format_of(dataset, dataset.prefix + name, first)
