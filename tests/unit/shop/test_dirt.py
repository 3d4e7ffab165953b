"""What is made bad on purpose: never more in a file than its data set tolerates, and in a shop of some size every fault there is."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.contracts.datasets import DATASETS, Format, dataset_of
from omnichannel.contracts.reasons import Reason
from sandbox.shop.dirt import faults, tolerated
from sandbox.shop.generate import generate
from sandbox.shop.truth import Truth
from tests.unit.shop.test_generate import files, records


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    landing = tmp_path_factory.mktemp("dirt") / "landing"
    return landing, generate(landing, customers=5_000, events=60_000)


@given(st.integers(0, 50_000), st.sampled_from([0.0, 0.01, 0.05, 0.2]))
def test_what_is_tolerated_beside_good_records_stays_under_the_share(good, share):
    bad = tolerated(good, share)

    assert bad <= max(1, share * (good + bad))


def test_no_file_has_more_bad_rows_than_its_data_set_tolerates(shop):
    landing, truth = shop
    whole = {record.file for record in truth.refused_files}
    counted = Counter(record.file for record in truth.bad_rows if record.file not in whole)

    too_many = {
        file: bad
        for file, bad in counted.items()
        if bad > max(1, dataset_of(file).tolerated_share * len(list((landing / file).read_bytes().split(b"\n"))))
        and not file.endswith(".gz")
    }

    assert counted
    assert too_many == {}


def test_a_shop_of_some_size_has_every_fault_of_every_data_set_and_form(shop):
    _, truth = shop
    found = {(dataset_of(r.file).name, ".csv" in r.file, r.column, r.reason) for r in truth.bad_rows}
    dirty = {(name, form) for name, form, _, _ in found}

    wanted = {
        (d.name, tabular, column, reason)
        for d in DATASETS
        for tabular in (True, False)
        for column, reason, _ in faults(d)
        if (d.name, tabular) in dirty
    }

    assert wanted - found == set()
    assert {form for name, form in dirty if name == "sales/orders"} == {True, False}


def test_a_bad_record_has_a_key_of_its_own_so_that_good_ones_stay(shop):
    landing, truth = shop
    bad = {(record.file, record.line) for record in truth.bad}
    orders = [(path.relative_to(landing).as_posix(), path) for path in files(landing) if "orders/" in str(path) and path.suffix == ".csv"]

    good = [row["order_id"] for key, path in orders for line, row in enumerate(records(path), start=1) if (key, line) not in bad]

    assert not [order_id for order_id in good if str(order_id).startswith("BAD-")]


def test_every_data_set_knows_how_a_key_can_be_missing():
    assert [d.name for d in DATASETS if (d.keys[0], Reason.MISSING_VALUE) not in {(c, r) for c, r, _ in faults(d)}] == []
    assert Format.JSON_LINES in {form for d in DATASETS for form in d.formats}


@pytest.mark.parametrize("customers", [50, 55])
def test_the_smallest_shops_are_generated_with_what_they_have_to_spoil(tmp_path, customers):
    truth = generate(tmp_path / "landing", customers=customers)

    assert truth.files == sum(path.is_file() for path in (tmp_path / "landing").rglob("*"))
    assert truth.bad
