"""Which rows name a person: identifiers to the letter, mentions as a whole and in any spelling."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.trusted.erase import Wanted


def chosen(wanted, **columns):
    return wanted.rows(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})).to_pylist()


def test_an_identifier_is_compared_to_the_letter():
    wanted = Wanted(columns={"customer_ref": ["R1"]})

    assert chosen(wanted, customer_ref=["R1", "r1", "R11", " R1", None]) == [True, False, False, False, False]


def test_a_value_counts_in_its_own_column_only():
    wanted = Wanted(columns={"customer_ref": ["R1"]})

    assert chosen(wanted, store_id=["R1"], customer_ref=["R2"]) == [False]


MENTIONED = {
    "ann@x.de": True,
    "ANN@X.DE": True,
    '{"email":"Ann@x.de","vip":true}': True,
    "Ann <ann@x.de>, please": True,
    "Write to ann@x.de.": True,
    "ann@x.de;ben@x.de": True,
    "joann@x.de": False,
    "jürgann@x.de": False,
    "ann@x.dev": False,
    "ann@x.de.example.com": False,
    "ann.ann@x.de": False,
    "annQx.de": False,
    "": False,
}


@pytest.mark.parametrize("text", MENTIONED)
def test_a_mention_is_found_as_a_whole_in_any_text(text):
    assert chosen(Wanted(columns={}, mentions=["ann@x.de"]), topic=[text]) == [MENTIONED[text]]


def test_nothing_is_no_mention():
    assert chosen(Wanted(columns={}, mentions=["ann@x.de"]), topic=[None, "ben"], reason=["ann@x.de", None]) == [True, False]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=5, max_size=20))
def test_any_text_can_be_a_mention_and_finds_itself(text):
    wanted = Wanted(columns={}, mentions=[text])

    assert chosen(wanted, topic=[text, f'{{"a":"{text}"}}']) == [True, True]


def test_a_mention_that_strangers_share_is_refused_without_repeating_it():
    with pytest.raises(ValueError, match="shorter than 5 characters") as refused:
        Wanted.of(json.dumps({"columns": {}, "mentions": ["Zoë"]}).encode())

    assert "Zo" not in str(refused.value)


def test_a_column_that_no_table_has_is_refused():
    with pytest.raises(ValueError, match="no trusted table has the columns custmer_ref"):
        Wanted.of(json.dumps({"columns": {"custmer_ref": ["R1"]}}).encode())
