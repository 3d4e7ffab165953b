"""Attribute values are those of boto3's own serializer."""

from decimal import Decimal

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.aws.attribute_values import deserialize, serialize

NUMBERS = st.integers(-(10**37), 10**37) | st.decimals(-(10**9), 10**9, places=4)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text()
SETS = st.frozensets(st.text(), min_size=1) | st.frozensets(st.integers(0, 9), min_size=1)
VALUES = st.recursive(SCALARS | SETS, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=12)


@given(VALUES)
def test_values_are_written_and_read_as_boto3_does(value):
    written = serialize(value)

    assert written == TypeSerializer().serialize(value)
    assert deserialize(written) == TypeDeserializer().deserialize(written)


def test_bytes_come_back_as_bytes():
    assert deserialize(serialize(b"\x00\xff")) == b"\x00\xff"


@pytest.mark.parametrize("value", [1.5, object(), {1.5}, Decimal("NaN"), Decimal("Infinity")])
def test_what_the_table_does_not_have_is_refused(value):
    with pytest.raises(TypeError, match="DynamoDB has no"):
        serialize(value)


def test_an_unknown_kind_is_refused():
    with pytest.raises(TypeError, match="expected one of S, N, BOOL"):
        deserialize({"X": "1"})
