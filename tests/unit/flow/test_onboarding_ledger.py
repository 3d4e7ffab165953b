"""The ledger of onboarding: what the history says, held against what the trusted tables hold."""

from omnichannel.ledger.tally import closes
from sandbox.flow.ledgers import onboarding


def _item(content="c1", *, rows_in=10, staged=8, **more):
    return {
        "content_id": content,
        "dataset": "sales/orders",
        "rows_in": rows_in,
        "rows_staged": staged,
        "quarantined": {"wrong-type": 2},
        **more,
    }


def test_every_row_trusted_or_quarantined_closes():
    rows = onboarding([_item()], {"c1": 8})

    (row,) = rows

    assert (row["in"], row["delivered"], row["rejected"], row["twice"]) == (10, 8, {"wrong-type": 2}, 0)
    assert closes(row)


def test_a_row_that_the_table_lacks_leaves_the_ledger_open():
    (row,) = onboarding([_item()], {"c1": 7})

    assert not closes(row)


def test_a_content_committed_twice_is_said():
    (row,) = onboarding([_item()], {"c1": 16})

    assert row["twice"] == 8
    assert not closes(row)


def test_content_that_landed_again_is_withheld():
    (row,) = onboarding([_item(duplicates={"dms/sales/orders/again.csv"})], {"c1": 8})

    assert (row["in"], row["withheld"]) == (20, {"duplicate-content": 10})
    assert closes(row)
