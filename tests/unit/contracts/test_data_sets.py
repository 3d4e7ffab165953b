"""The contracts as such: every key finds its data set, every personal column says what it holds, no name stands for two things."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.contracts.datasets import (
    DATASETS,
    EVENTS,
    ORDER_LINES,
    ORDERS,
    PREFIXES,
    Column,
    Dataset,
    Format,
    Pii,
    Type,
    Unrecognised,
    dataset_of,
)  # fmt: skip


@given(st.sampled_from([(d, prefix) for d in DATASETS for prefix in d.prefixes]), st.text(min_size=1, max_size=20))
def test_whatever_lands_under_a_prefix_belongs_to_its_data_set(home, rest):
    dataset, prefix = home

    assert dataset_of(prefix + rest) is dataset


@pytest.mark.parametrize("key", ["", "dms/sales/gift_cards/LOAD1.csv", "segment-profiles/other/a.jsonl", *PREFIXES])
def test_a_key_that_is_no_file_of_a_data_set_is_unrecognised(key):
    with pytest.raises(Unrecognised, match="expected a key under one of segment-logs/, "):
        dataset_of(key)


def test_till_sales_share_the_contract_of_the_orders():
    assert dataset_of("pos/orders/till-1.jsonl.gz") is ORDERS
    assert dataset_of("pos/order_lines/till-1.jsonl.gz") is ORDER_LINES
    assert all(Format.JSON_LINES in dataset.formats for dataset in (ORDERS, ORDER_LINES))


def test_no_prefix_lies_within_another():
    assert [(one, other) for one in PREFIXES for other in PREFIXES if one != other and one.startswith(other)] == []


def test_no_two_data_sets_share_a_table():
    tables = [dataset.table for dataset in DATASETS]

    assert len(set(tables)) == len(tables)


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda d: d.name)
def test_a_data_set_is_ordered_keyed_and_unambiguous(dataset: Dataset):
    names = [column.name for column in dataset.trusted_columns]
    former = [old for column in dataset.trusted_columns for old in column.was]
    paths = [column.source for column in dataset.landed_columns]

    assert dataset.keys
    assert dataset.ordered_by in {column.name for column in dataset.landed_columns if column.required and column.type is Type.TIMESTAMP}
    assert len({*names, *former}) == len(names) + len(former)
    assert len(set(paths)) == len(paths)
    assert set(dataset.one_of) <= set(names)


def test_what_a_personal_column_holds_is_said():
    unsaid = [(d.name, c.name) for d in DATASETS for c in d.columns if (c.kind is not None) != c.personal]

    assert unsaid == []


def test_a_personal_column_of_no_said_kind_is_an_identifier():
    assert Column(name="id_value", personal=True).pii is Pii.IDENTIFIER
    assert Column(name="id_value").pii is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("userId", Pii.IDENTIFIER),
        ("context.device.id", Pii.IDENTIFIER),
        ("traits.email", Pii.EMAIL),
        ("properties.email", Pii.EMAIL),
        ("context.traits.email", Pii.EMAIL),
        ("traits.phone", Pii.PHONE),
        ("context.page.url", Pii.CONTENT),
    ],
)
def test_where_a_message_names_a_person_is_marked(path, kind):
    assert {column.source: column.pii for column in EVENTS.columns}[path] is kind
