import json
from urllib.parse import quote

import pyarrow as pa
import pytest

from omnichannel.privacy.fields import Kind
from omnichannel.privacy.matcher import SHORT, Matcher
from omnichannel.privacy.subject import Subject

ANN = Subject(
    customer_ids=("c_0123456789abcdef01234567",),
    values={
        Kind.CUSTOMER_ID: frozenset({"c_0123456789abcdef01234567"}),
        Kind.CUSTOMER_REF: frozenset({"17850"}),
        Kind.EMAIL: frozenset({"Ann.Müller+shop@mail.example"}),
        Kind.PHONE: frozenset({"+49 1555 0000123"}),
        Kind.LOYALTY_CARD: frozenset({"L70000007"}),
    },
)


@pytest.fixture
def matcher() -> Matcher:
    return Matcher(ANN)


@pytest.mark.parametrize(
    "text",
    [
        b"to Ann.M\xc3\xbcller+shop@mail.example today",
        "ANN.Müller+SHOP@mail.example".encode(),
        "Ann.Müller+shop@mail.example".encode("latin-1"),
        "Ann.Müller+shop@mail.example".encode("utf-16-le"),
        json.dumps({"to": "Ann.Müller+shop@mail.example"}).encode(),
        rb'{"to":"Ann.M\u00fcller\u002bshop\u0040mail.example"}',
        b"https://shop.example/?to=Ann.M%C3%BCller%2Bshop%40mail.example&x=1",
        b'"+49 1555 0000123"',
        b"part=c_0123456789abcdef01234567.email",
        b"support/by-L70000007_2.csv",
    ],
)
def test_a_telling_identifier_is_found_however_it_is_written(matcher: Matcher, text: bytes):
    assert matcher.tells(text)


@pytest.mark.parametrize(
    "text",
    [
        b"L700000071",
        b"XL70000007",
        b"17850",
        b"JoAnn.Muller@mail.example",
        "jo-Ann.Müller+shop@mail.example".encode(),
        b"x-c_0123456789abcdef01234567",
        b"c_0123456789abcdef012345678",
    ],
)
def test_what_only_looks_like_one_is_not(matcher: Matcher, text: bytes):
    assert not matcher.tells(text)


PLACED = {
    "after a letter beyond ASCII": ("é", "", False),
    "before one": ("", "é", False),
    "after a Vietnamese letter": ("Ấ", "", False),
    "before a Greek letter with accents": ("", "ἄ", False),
    "before an accent of its own": ("", "\u0301", False),
    "in a new line": ("Dear shop,\n", "\nthank you", True),
    "after a tab": ("to:\t", "\t", True),
    "in angle brackets": ("Ann <", ">", True),
    "in quotation marks": ("“", "”", True),
    "between blanks that do not break": ("\u00a0", "\u00a0", True),
    "between signs that look like letters' neighbours": ("×", "÷", True),
    "in a script without blanks": ("客户", "号", True),
    "between emoji": ("😀", "😀", True),
    "after a backslash": ("C:\\", "\\users", True),
}
WRITTEN = {
    "as it is": str,
    "in JSON": lambda text: json.dumps({"note": text}, ensure_ascii=False),
    "in JSON of ASCII": lambda text: json.dumps({"note": text}),
    "in JSON that is safe in HTML": lambda text: json.dumps({"note": text}).replace("<", "\\u003c").replace(">", "\\u003E"),
    "in a URL": lambda text: f"?note={quote(text)}",
}


@pytest.mark.parametrize("size", [0, SHORT], ids=["short", "long"])
@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("placed", PLACED)
@pytest.mark.parametrize("value", ["ÅÄÖ 100%", "Ann.Müller+shop@mail.example", "L70000007", "Ångström77"])
def test_a_word_ends_where_its_text_does_however_that_is_written(value: str, placed: str, written: str, size: int):
    matcher = Matcher(Subject(customer_ids=("c_1",), values={Kind.CUSTOMER_REF: frozenset({value})}))
    before, after, names = PLACED[placed]

    found = matcher.tells(WRITTEN[written](f"{before}{value}{after}").encode() + b" " * size)

    # A URL does not tell what follows an identifier; who is looked for is found in any case.
    assert found is (names or (written == "in a URL" and not before))


def test_a_short_number_counts_only_in_a_field_that_holds_references(matcher: Matcher):
    assert matcher.record({"userId": "17850"})
    assert matcher.record({"context": {"user": [{"user_id": 17850}]}})
    assert not matcher.record({"price": 17850, "product_id": "17850"})


def test_rows_of_a_batch_are_told_by_their_columns_and_by_their_texts(matcher: Matcher):
    batch = pa.RecordBatch.from_pydict(
        {
            "customer_ref": ["17850", "17851", None, "1"],
            "product_id": ["1", "17850", "2", "3"],
            "traits": [None, "{}", '{"card": "L70000007"}', "{}"],
            "tags": [["a"], ["b"], [], ["l70000007"]],
        }
    )

    assert matcher.rows(batch).to_pylist() == [True, False, True, True]


def test_columns_in_other_encodings_are_read_too(matcher: Matcher):
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array(["L70000007", "x"]).dictionary_encode(),
            pa.array(["a", "b"], pa.large_string()),
            pa.array([1, 17850], pa.int64()),
        ],
        names=["card", "name", "customer_ref"],
    )

    assert matcher.rows(batch).to_pylist() == [True, True]


def test_nobody_is_found_with_no_identifiers():
    nobody = Matcher(Subject(customer_ids=("c_1",), values={}))

    assert not nobody.tells(b"anything")
    assert not nobody.hint(b"anything")
    assert not nobody.record({"userId": ""})
