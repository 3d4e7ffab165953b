"""Trusted tables follow their contracts: columns are added, renamed, widened and described, and every row stays what it was."""

from dataclasses import replace
from itertools import count

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.types import DecimalType, IntegerType, LongType

from omnichannel.aws import clients
from omnichannel.contracts.datasets import Column, Type, column
from omnichannel.onboarding.migrate import Action, Change, IncompatibleColumn, migrate
from omnichannel.onboarding.schema import TABLES, arrow_schema, described
from tests.integration.onboarding.conftest import DATABASE, LAKE, Cloud

THING = (column("thing_id", flags="*!"), column("size", Type.INTEGER), column("mail", flags="@", meaning="where to write"))


def evolve(cloud: Cloud, columns: tuple[Column, ...], **more):
    return migrate(cloud.catalog, DATABASE, LAKE, {"things": columns}, **more)


def things(cloud: Cloud):
    return cloud.catalog.load_table((DATABASE, "things"))


def fill(cloud: Cloud, columns: tuple[Column, ...], **values):
    row = pa.Table.from_pylist([{c.name: values.get(c.name) for c in columns}], schema=arrow_schema(columns))
    things(cloud).append(row)


def comments(table: str) -> dict[str, str]:
    """What Athena and the console show."""
    columns = clients.client("glue").get_table(DatabaseName=DATABASE, Name=table)["Table"]["StorageDescriptor"]["Columns"]
    return {c["Name"]: c.get("Comment", "") for c in columns if c["Parameters"]["iceberg.field.current"] == "true"}


@pytest.fixture
def made(cloud: Cloud) -> Cloud:
    """The table `things` with one row."""
    evolve(cloud, THING)
    fill(cloud, THING, thing_id="T1", size=4, mail="ada@mail.example")
    return cloud


def test_a_renamed_column_keeps_its_rows_and_its_field(made):
    field = things(made).schema().find_field("mail").field_id
    renamed = (THING[0], THING[1], column("email", flags="@", was=("mail",), meaning="where to write"))

    changes = evolve(made, renamed)

    assert changes == [Change("things", Action.RENAMED, "email", "mail")]
    assert things(made).schema().find_field("email").field_id == field
    assert things(made).scan().to_arrow()["email"].to_pylist() == ["ada@mail.example"]


def test_a_column_renamed_twice_is_found_by_either_former_name(made):
    late = (column("thing_id", flags="*!"), column("magnitude", Type.INTEGER, was=("extent", "size")))

    changes = evolve(made, late)

    assert changes == [Change("things", Action.RENAMED, "magnitude", "size")]
    assert things(made).scan().to_arrow()["magnitude"].to_pylist() == [4]


def test_renaming_widening_and_describing_one_column_is_one_commit(made):
    with things(made).update_schema(allow_incompatible_changes=True) as update:
        update.delete_column("size")
    with things(made).update_schema() as update:
        update.add_column("size", IntegerType())
    before = len(things(made).metadata.schemas)
    wanted = (THING[0], column("extent", Type.INTEGER, was=("size",), meaning="in centimetres"), THING[2])

    changes = evolve(made, wanted)

    assert [c.action for c in changes] == [Action.RENAMED, Action.WIDENED, Action.DESCRIBED]
    assert things(made).schema().find_type("extent") == LongType()
    assert len(things(made).metadata.schemas) == before + 1


def test_what_a_column_means_and_whose_it_is_stands_in_the_catalogue(made):
    changes = evolve(made, (THING[0], replace(THING[1], meaning="in centimetres"), THING[2]))

    assert changes == [Change("things", Action.DESCRIBED, "size")]
    assert comments("things") == {"thing_id": "", "size": "in centimetres", "mail": "where to write [personal data: identifier]"}


def test_a_meaning_that_was_taken_back_is_gone(made):
    evolve(made, (*THING[:2], column("mail")))

    assert comments("things")["mail"] == ""
    assert evolve(made, (*THING[:2], column("mail"))) == []


def test_a_column_that_the_contract_forgot_stays_with_its_rows(made):
    assert evolve(made, THING[:1]) == []
    assert things(made).scan().to_arrow()["size"].to_pylist() == [4]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (column("size", Type.TIMESTAMP), r"things\.size is stored as long, the contract says timestamptz; .*a new column name"),
        (column("size", Type.DECIMAL), r"things\.size is stored as long, the contract says decimal"),
        (column("size", Type.INTEGER, was=("mail",)), r"things has size and also mail, .* take it out of `was`"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_touched(made, wrong, told):
    tables = {"others": THING, "things": (THING[0], wrong, column("weight", Type.INTEGER))}

    with pytest.raises(IncompatibleColumn, match=told):
        migrate(made.catalog, DATABASE, LAKE, tables)

    assert not made.catalog.table_exists((DATABASE, "others"))
    assert "weight" not in things(made).schema().column_names


def test_every_problem_is_told_at_once(made):
    with pytest.raises(IncompatibleColumn) as caught:
        evolve(made, (column("thing_id", Type.INTEGER), column("size", Type.DATE)))

    assert [problem.split(" ")[0] for problem in caught.value.problems] == ["things.thing_id", "things.size"]


def test_a_decimal_may_grow_but_never_shift_its_point(made):
    for stored, possible in ((DecimalType(12, 4), True), (DecimalType(12, 2), False)):
        with things(made).update_schema(allow_incompatible_changes=True) as update:
            update.add_column(f"price_{stored.scale}", stored)
        wanted = (*THING, column(f"price_{stored.scale}", Type.DECIMAL))
        if possible:
            assert evolve(made, wanted) == [Change("things", Action.WIDENED, "price_4")]
        else:
            with pytest.raises(IncompatibleColumn, match=r"price_2 is stored as decimal\(12, 2\)"):
                evolve(made, wanted)


def test_a_committer_that_is_faster_makes_the_migration_begin_again(made, monkeypatch):
    waits: list[float] = []
    commit, tries = type(made.catalog).commit_table, count()

    def racing(self, *args, **kwargs):
        if next(tries) == 0:
            raise CommitFailedException("somebody else was faster")
        return commit(self, *args, **kwargs)

    monkeypatch.setattr(type(made.catalog), "commit_table", racing)

    changes = evolve(made, (*THING, column("weight", Type.INTEGER)), sleep=waits.append)

    assert changes == [Change("things", Action.ADDED, "weight")]
    assert "weight" in things(made).schema().column_names
    assert len(waits) == 1


def test_no_table_claims_a_name_twice_and_glue_can_show_every_meaning():
    for name, columns in TABLES.items():
        taken = [n for c in columns for n in (c.name, *c.was)]
        assert len(set(taken)) == len(taken), name
        assert [c.name for c in columns if len(described(c).encode()) > 255] == [], name


STEPS = st.lists(st.tuples(st.sampled_from(["add", "rename", "describe", "forget"]), st.integers(0, 9)), min_size=1, max_size=4)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_renamed_and_added_rows_stay_under_the_name_of_their_column(cloud, steps):
    """A column is followed by a number of its own; its name changes, its values never."""
    if cloud.catalog.table_exists((DATABASE, "things")):
        cloud.catalog.drop_table((DATABASE, "things"))
    contract = {n: column(f"c{n}") for n in range(3)}
    evolve(cloud, tuple(contract.values()))
    fill(cloud, tuple(contract.values()), **{c.name: f"value {n}" for n, c in contract.items()})
    fields = {n: things(cloud).schema().find_field(c.name).field_id for n, c in contract.items()}
    fresh = count(3)
    for what, at in steps:
        chosen = sorted(contract)[at % len(contract)]
        old = contract[chosen]
        match what:
            case "add":
                number = next(fresh)
                contract[number] = column(f"c{number}")
            case "rename":
                contract[chosen] = replace(old, name=f"c{next(fresh)}", was=(old.name, *old.was))
            case "describe":
                contract[chosen] = replace(old, meaning=f"told {at}")
            case _ if len(contract) > 1:
                del contract[chosen]
        columns = tuple(contract.values())
        evolve(cloud, columns)
        assert evolve(cloud, columns) == []
    table = things(cloud)
    rows = table.scan().to_arrow().to_pylist()[0]

    assert {n: rows[c.name] for n, c in contract.items()} == {n: f"value {n}" if n in fields else None for n in contract}
    assert all(table.schema().find_field(c.name).field_id == fields[n] for n, c in contract.items() if n in fields)
