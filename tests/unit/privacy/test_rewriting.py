import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.privacy import rewrite, search, unpack
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.subject import Subject
from omnichannel.privacy.unpack import Form, Stored

REF, MAIL = "C100042", "ann@mail.example"
MATCHER = Matcher(
    Subject(customer_ids=("c_1",), values={Kind.CUSTOMER_REF: frozenset({REF, "77"}), Kind.EMAIL: frozenset({MAIL})}),
)


def stored(path: Path, content: bytes = b"") -> Stored:
    if content:
        path.write_bytes(content)
    return Stored(stream=lambda: path.open("rb"), local=lambda: path)


def rewritten(tmp_path: Path, content: bytes) -> tuple[rewrite.Rewritten, bytes]:
    source = stored(tmp_path / "in", content)
    done = rewrite.without(source, unpack.form_of(source), MATCHER, tmp_path / "out")
    return done, (tmp_path / "out").read_bytes()


def test_other_lines_stay_byte_for_byte(tmp_path: Path):
    lines = [b'{"userId": "C1",  "n": 1.50}\n', json.dumps({"userId": REF}).encode() + b"\n", b'{"broken\n', b'{"userId":"C2"}']

    done, out = rewritten(tmp_path, b"".join(lines))

    assert out == lines[0] + lines[2] + lines[3]
    assert (done.removed, done.kept) == (1, 3)


def test_gzip_stays_gzip_and_the_same_content_makes_the_same_bytes(tmp_path: Path):
    content = gzip.compress(b'{"a":1}\n') + gzip.compress(f'{{"email":"{MAIL.upper()}"}}\n{{"b":2}}\n'.encode())

    _, first = rewritten(tmp_path, content)
    _, second = rewritten(tmp_path, content)

    assert gzip.decompress(first) == b'{"a":1}\n{"b":2}\n'
    assert first == second


def test_rows_of_a_csv_go_with_the_line_ends_in_their_cells(tmp_path: Path):
    rows = [
        "id,customer_ref,note,price\r\n",
        '1,C1,"two\nlines, ""quoted""",77\r\n',
        f'2,{REF},"her\nown",1\r\n',
        "3,77,,1\r\n",
        "4,C2,,77\r\n",
    ]

    done, out = rewritten(tmp_path, "".join(rows).encode())

    assert out.decode() == rows[0] + rows[1] + rows[4]
    assert (done.removed, done.kept) == (2, 2)


def test_a_quotation_mark_that_nobody_closed_swallows_no_other_row(tmp_path: Path):
    rows = ["id,customer_ref,note\n", '1,C1,"open\n', *(f"{n},X{n},x\n" for n in range(2, 200_000)), f"200000,{REF},x\n"]

    done, out = rewritten(tmp_path, "".join(rows).encode())

    assert out.decode() == "".join(rows[:-1])
    assert done.removed == 1


def test_parquet_keeps_its_schema_and_codec(tmp_path: Path):
    table = pa.table({"customer_ref": ["C1", REF, None], "at": pa.array([1, 2, 3], pa.timestamp("us", tz="UTC"))})
    pq.write_table(table, tmp_path / "in", compression="snappy")

    done = rewrite.without(stored(tmp_path / "in"), Form.PARQUET, MATCHER, tmp_path / "out")

    out = pq.ParquetFile(tmp_path / "out")
    assert (done.removed, done.kept) == (1, 2)
    assert out.schema_arrow.equals(table.schema)
    assert out.metadata.row_group(0).column(0).compression == "SNAPPY"
    assert out.read().to_pylist() == table.filter(pa.array([True, False, True])).to_pylist()


def test_a_document_loses_the_entries_that_are_about_the_person(tmp_path: Path):
    document = {"run": "r", "people": [{"id": "C1"}, {"id": REF, "n": 1}], "by": {REF: 2, "C1": 3}}

    done, out = rewritten(tmp_path, json.dumps(document, indent=1).encode())

    assert json.loads(out) == {"run": "r", "people": [{"id": "C1"}], "by": {"C1": 3}}
    assert (done.removed, done.kept) == (2, 1)


def test_bytes_without_records_cannot_be_rewritten(tmp_path: Path):
    source = stored(tmp_path / "in", f"id,email\n1,{MAIL}\n".encode("utf-16"))

    assert search.found(source, MATCHER)
    with pytest.raises(rewrite.NotRewritable):
        rewrite.without(source, unpack.form_of(source), MATCHER, tmp_path / "out")


def test_the_search_looks_into_archives_and_past_damage(tmp_path: Path):
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a.csv", f"email\n{MAIL}\n")
    whole = gzip.compress(b'{"n":1}\n' * 1000 + f'{{"email":"{MAIL}"}}\n'.encode() + b'{"n":2}\n' * 1000)

    assert search.found(stored(tmp_path / "a.zip", bundle.getvalue()), MATCHER)
    assert search.found(stored(tmp_path / "cut.gz", whole[:-9]), MATCHER)
    assert not search.found(stored(tmp_path / "b.json", b'{"n":1}\n'), MATCHER)


@pytest.mark.parametrize("magic", [b"PAR1", b"Obj\x01", b"PK\x03\x04"])
def test_a_file_that_only_begins_like_its_format_is_searched_as_bytes(tmp_path: Path, magic: bytes):
    broken = stored(tmp_path / "broken", magic + b" " + MAIL.encode() + b" nothing more")

    assert unpack.form_of(broken) is Form.BINARY
    assert search.found(broken, MATCHER)


def test_an_identifier_on_the_border_of_two_pieces_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unpack, "PIECE", 64)
    for place in range(50, 80):
        assert search.found(stored(tmp_path / "x", b"\0" + b"." * place + MAIL.encode() + b"." * 100), MATCHER)


@given(
    rows=st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8), min_size=2, max_size=2), max_size=8
    ),
    theirs=st.sets(st.integers(0, 7)),
    packed=st.booleans(),
)
def test_whatever_stands_in_other_rows_stays(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], theirs: set[int], packed: bool
):
    mine = [[MAIL, *row] if n in theirs else ["x", *row] for n, row in enumerate(rows)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["email", "a", "b"], *mine])
    content = text.getvalue().encode()

    _, out = rewritten(tmp_path_factory.mktemp("csv"), gzip.compress(content) if packed else content)

    left = (gzip.decompress(out) if packed else out).decode()
    assert list(csv.reader(io.StringIO(left, newline=""))) == [["email", "a", "b"], *(row for row in mine if row[0] == "x")]
