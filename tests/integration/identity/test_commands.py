"""`omni identity` and `omni explain customer`, over trusted tables."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace

import pyarrow as pa
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from omnichannel.identity.store import settle
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.transform.lake import Lake
from sandbox.errors import SandboxError
from sandbox.flow import identity_commands
from tests.integration.identity.conftest import DATABASE

AT = datetime(2026, 11, 1, tzinfo=UTC)
TOGETHER = AT - timedelta(days=30)


def trust(catalog, table, rows):
    schema = arrow_schema(TABLES[table])
    whole = [{name: {"_content_id": "c", "_line": n, **row}.get(name) for name in schema.names} for n, row in enumerate(rows)]
    catalog.load_table((DATABASE, table)).append(pa.Table.from_pylist(whole, schema=schema))


@pytest.fixture
def omni(catalog, tmp_path):
    """Runs a command over a lake in which C1 and C2 have turned out to be one person; gives what it printed."""
    customer = {"created_at": TOGETHER, "source_ts": TOGETHER}
    trust(catalog, "customers_changes", [{"customer_ref": f"C-{n}", "email": f"mail{n}@shop.example", **customer} for n in (1, 2)])
    settle(catalog, DATABASE, Lake(catalog, DATABASE, tmp_path, as_of=AT), at=AT)
    trust(
        catalog,
        "customers_changes",
        [{"customer_ref": "C-2", "email": "MAIL1@shop.example", "source_ts": AT - timedelta(days=1), "created_at": TOGETHER}],
    )
    page = StringIO()
    app = typer.Typer()
    cloud = SimpleNamespace(deployment=SimpleNamespace(glue_database=DATABASE))
    identity_commands.register(app, Console(file=page, width=160), lambda name, environment: cloud)

    def run(*command):
        page.truncate(0)
        CliRunner().invoke(app, list(command), catch_exceptions=False)
        return page.getvalue()

    return run


def test_the_report_tells_of_a_merge_before_it_is_stored(omni):
    assert "the next rebuild changes: 1 merged" in omni("identity")


def test_a_merged_customer_is_explained_by_every_name(omni, catalog, tmp_path):
    work = tmp_path / "again"
    work.mkdir()
    settled = settle(catalog, DATABASE, Lake(catalog, DATABASE, work, as_of=AT), at=AT)
    ((old, new),) = settled.redirects.items()

    told = {omni("explain", "customer", who).split(",")[0].strip("\0") for who in (old, new, "C-1", "C-2", "mail1@shop.example")}

    assert told == {new}


def test_who_is_unknown_is_said(omni):
    with pytest.raises(SandboxError, match="nobody is known by that e-mail address"):
        omni("explain", "customer", "stranger@shop.example")
