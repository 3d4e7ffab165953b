"""Refused rows taken up again after a fix: they come once, and what was trusted does not come again."""

import io
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest

from omnichannel.aws import s3 as objects
from omnichannel.contracts.datasets import ORDERS as ORDERS_CONTRACT
from omnichannel.contracts.datasets import TICKETS, dataset_of
from omnichannel.ledger.tally import closes
from omnichannel.onboarding import history
from sandbox.flow.ledgers import onboarding
from tests.integration.onboarding.conftest import HISTORY, LAKE
from tests.integration.onboarding.test_stage_a import ORDERS
from tests.integration.onboarding.test_stage_a_versions import many


@contextmanager
def fixed(contract=ORDERS_CONTRACT, column="channel", **better):
    """The contract as it is once somebody has mended a column: a channel more, unless said otherwise."""
    changes = better or {"values": ("web", "app", "store", "phone", "fax")}
    columns = tuple(replace(c, **changes) if c.name == column else c for c in contract.columns)
    mended = replace(contract, columns=columns)
    with patch("omnichannel.onboarding.examine.dataset_of", lambda key: mended if dataset_of(key) is contract else dataset_of(key)):
        yield


def lines(cloud, *staged):
    """Every row that was staged, as line and key, in the order of the files."""
    tables = [pq.read_table(io.BytesIO(objects.get(cloud.s3, LAKE, each.staged_key))) for each in staged if each.staged_key]
    return [(row["_line"], row["order_id"]) for table in tables for row in table.sort_by("_line").to_pylist()]


def ledger(cloud, *staged):
    """The ledger of onboarding, with every staged row committed."""
    return onboarding(history.contents(cloud.dynamodb, HISTORY), {each.content_id: each.rows_staged for each in staged})


def test_of_a_file_with_trusted_rows_only_the_refused_ones_come_again(cloud):
    first = cloud.stage(ORDERS, many(30, 2))

    with fixed():
        again = cloud.stage(ORDERS, many(30, 2), redrive=1)

    assert (again.status, again.rows_in, again.rows_staged, again.redrives) == ("staged", 2, 2, first.content_id)
    assert lines(cloud, again) == [(31, "B0"), (32, "B1")]
    assert again.content_id != first.content_id


def test_a_file_that_failed_is_taken_up_whole(cloud):
    failed = cloud.stage(ORDERS, many(10, 5), tolerant=False)

    with fixed():
        again = cloud.stage(ORDERS, many(10, 5), tolerant=False, redrive=1)

    assert (failed.status, again.status, again.rows_in, again.rows_staged) == ("failed", "staged", 15, 15)


def test_the_ledger_counts_rows_that_were_taken_up_again_once(cloud):
    staged, failed = cloud.stage(ORDERS, many(30, 2)), cloud.stage("dms/sales/orders/2.csv", many(10, 5), tolerant=False)
    with fixed():
        again = [cloud.stage(ORDERS, many(30, 2), redrive=1), cloud.stage("dms/sales/orders/2.csv", many(10, 5), redrive=1)]

    (row,) = ledger(cloud, staged, failed, *again)

    assert (row["in"], row["delivered"], row["rejected"]) == (47, 47, {})
    assert closes(row)


def test_rows_that_are_still_bad_stay_refused_and_can_come_once_more(cloud):
    content = many(30, 2).replace("B1,R1,,,2026-01-01", "B1,R1,,,1970-01-01")
    cloud.stage(ORDERS, content)
    with fixed():
        second = cloud.stage(ORDERS, content, redrive=1)

        third = cloud.stage(ORDERS, content, redrive=2)

    assert (second.rows_in, second.rows_staged, second.quarantined) == (2, 1, {"time-out-of-range": 1})
    assert (third.rows_in, third.rows_staged, third.quarantined) == (1, 0, {"time-out-of-range": 1})
    assert cloud.quarantined(third) == [(32, "ordered_at", "time-out-of-range")]


def test_a_refused_row_does_not_come_beside_a_trusted_one_with_its_key(cloud):
    key, rows = "support/tickets/1.csv", [f"T{n},2026-01-01T00:00:00Z,email,{9 if n == 0 else 5}" for n in range(30)]
    content = "\n".join(("ticket_id,opened_at,channel,csat", *rows, rows[0].replace(",9", ",4"))) + "\n"
    first = cloud.stage(key, content)

    with fixed(TICKETS, "csat", maximum=None):
        again = cloud.stage(key, content, redrive=1)

    assert (first.rows_staged, first.quarantined) == (30, {"out-of-range": 1})
    assert (again.rows_staged, cloud.quarantined(again)) == (0, [(1, "ticket_id", "duplicate-key")])


def test_a_malformed_line_is_refused_again(cloud):
    content = many(30) + "not,enough\n"
    cloud.stage(ORDERS, content)

    again = cloud.stage(ORDERS, content, redrive=1)

    assert (again.status, again.rows_in, cloud.quarantined(again)) == ("quarantined", 1, [(31, "", "malformed-row")])


@pytest.mark.parametrize("numbers", [(1, 1), (1, 1, 1)])
def test_the_same_redrive_again_is_the_same_redrive(cloud, numbers):
    cloud.stage(ORDERS, many(30, 2))
    with fixed():
        answers = [cloud.stage(ORDERS, many(30, 2), redrive=number) for number in numbers]

    assert all(answer == answers[0] for answer in answers)
    assert len(list(history.contents(cloud.dynamodb, HISTORY))) == 2


@pytest.mark.parametrize(("bad", "number"), [(0, 1), (2, 2)])
def test_where_nothing_waits_nothing_is_done(cloud, bad, number):
    first = cloud.stage(ORDERS, many(30, bad))

    again = cloud.stage(ORDERS, many(30, bad), redrive=number)

    assert (again.status, again.content_id, again.rows_in) == ("duplicate", first.content_id, 0)


def test_a_key_that_has_other_content_by_now_is_onboarded_as_it_is(cloud):
    cloud.stage(ORDERS, many(10, 5), tolerant=False)
    cloud.s3.put_object(Bucket="landing", Key=ORDERS, Body=many(10).encode())

    again = cloud.stage(ORDERS, many(10), redrive=1)

    assert (again.status, again.rows_in, again.redrives) == ("staged", 10, "")
