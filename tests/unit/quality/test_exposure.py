import pytest

from omnichannel.contracts.catalog import PLAIN_TABLES, Exposure, exposure
from omnichannel.contracts.shapes import column
from omnichannel.onboarding.schema import TABLES


@pytest.mark.parametrize(
    ("name", "flags", "shown"),
    [
        ("email", "@", Exposure.DIRECT),
        ("customer_id", "", Exposure.INDIRECT),
        ("value_hash", "", Exposure.DIRECT),
        ("total", "", Exposure.NONE),
    ],
)
def test_a_column_shows_as_much_of_a_person_as_its_mark_or_name_says(name: str, flags: str, shown: Exposure):
    assert exposure(column(name, flags=flags)) is shown


def test_every_table_has_columns_that_analysts_may_see():
    shown = {name: {exposure(c) for c in columns} for name, columns in TABLES.items()}
    shown |= {table.name: {f.exposure for f in table.fields} for table in PLAIN_TABLES}

    assert [name for name, levels in shown.items() if Exposure.NONE not in levels] == []
    assert exposure(next(c for c in TABLES["identity_links"] if c.name == "id_value")) is Exposure.DIRECT
