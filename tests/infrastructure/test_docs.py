import json
import re

from omnichannel.contracts.catalog import PLAIN_TABLES
from omnichannel.contracts.datasets import PREFIXES
from omnichannel.contracts.sources import SOURCES
from omnichannel.onboarding.schema import TABLES
from omnichannel.quality.rule import Kind
from omnichannel.transform.lake import manifest
from pipelines.baselines import BG_NBD, RECENCY_RULE, RFM
from stacks.settings import POLICIES, Environment
from tests.infrastructure.cloud import Cloud
from tests.infrastructure.conftest import ROOT

PAGE = (ROOT / "docs" / "deploy-to-aws.md").read_text()


def test_the_page_lists_every_knob_with_its_default():
    listed = json.loads((ROOT / "cdk.json").read_text())["context"]

    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (?:`([^`]*)`)? \|", PAGE, re.MULTILINE))

    assert rows == {name: default for name, default in listed.items() if not name.startswith("@")}


def test_the_page_says_what_each_environment_keeps():
    rows = {
        row[0].strip("` "): [cell.strip() for cell in row[1:]]
        for row in (line.split("|")[1:-1] for line in PAGE.splitlines() if "|" in line)
    }

    for environment in (Environment.DEV, Environment.STAGING, Environment.PROD):
        data, schedules, logs, _ = rows[environment]
        policy = POLICIES[environment]
        assert (data.startswith("stays"), schedules, logs) == (
            policy.retain_data,
            "on" if policy.schedules else "off",
            f"{policy.log_retention_days} days",
        )


def test_the_page_counts_what_bills_while_idle(off: Cloud, on: Cloud):
    def idle(cloud: Cloud) -> tuple[int, float]:
        kinds = {"CloudWatch::Alarm": 0.10, "CloudWatch::Dashboard": 3.00, "KMS::Key": 1.00, "SecretsManager::Secret": 0.40}
        found = {kind: len(list(cloud.all(f"AWS::{kind}"))) for kind in kinds}
        return found["CloudWatch::Alarm"], round(sum(kinds[kind] * number for kind, number in found.items()), 2)

    said = re.search(r"(\d+) alarms [\d.]+, a dashboard [\d.]+, two KMS keys [\d.]+, one secret [\d.]+: \*\*about ([\d.]+)\*\*", PAGE)
    said_on = re.search(r"(\d+) alarms and three secrets, ([\d.]+), \*plus\*", PAGE)

    assert said
    assert said_on
    for words, counted in ((said, idle(off)), (said_on, idle(on))):
        assert (int(words[1]), float(words[2])) == counted


def said(page: str) -> set[str]:
    """Everything that a page of docs/ writes as code."""
    return set(re.findall(r"`([^`\n]+)`", (ROOT / "docs" / f"{page}.md").read_text()))


def test_the_page_of_sources_has_the_registry():
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| (\d+) h \| ([^|]+) \| (yes|no) \| ([^|]+) \|$",
                      (ROOT / "docs" / "sources.md").read_text(), re.MULTILINE)  # fmt: skip

    assert {row[0]: row[1:] for row in rows} == {
        source.name: (
            source.owner,
            ", ".join(f"`{prefix}`" for prefix in source.prefixes),
            ", ".join(f"`{dataset.name}`" for dataset in source.datasets),
            str(source.hours),
            source.basis.value,
            "yes" if source.personal else "no",
            source.consent,
        )
        for source in SOURCES.values()
    }


def test_the_page_of_the_catalog_has_every_plain_table_and_names_queries_that_there_are():
    assert {table.name for table in PLAIN_TABLES} <= said("catalog")
    assert {path.stem for path in (ROOT / "queries").glob("*.sql")} >= {"match_rate", "orders_now"}


def test_the_page_of_data_quality_has_every_kind_of_rule():
    page = (ROOT / "docs" / "data-quality.md").read_text()

    assert [kind for kind in Kind if kind.value not in page] == []


def test_what_others_attach_to_is_there():
    queries = {path.stem for path in (ROOT / "queries").glob("*.sql")}
    known = {*TABLES, *manifest(), *queries, *(table.name for table in PLAIN_TABLES)}
    named = said("extending")

    places = {name for name in named if re.fullmatch(r"[a-z_]+(/[a-z_.]+)+", name) and not name.startswith(("scores/", "pos/"))}
    tables = {name for name in named if re.fullmatch(r"[a-z]+_[a-z_]+", name)} - {
        "glue_data_quality",
        "valid_to",
        "as_of",
        "source_ts",
        "bus_entry",
    }

    assert len(places) >= 6
    assert [
        place for place in places if not (place in {p.removeprefix("dms/").strip("/") for p in PREFIXES} or (ROOT / place).exists())
    ] == []
    assert {"identity_links", "identity_sightings", "consent_state", "match_rate"} <= tables
    assert tables - known == set()


ATTACHABLE = (
    *("AppFlow", "Data Exchange", "MSK", "Entity Resolution", "AWS Glue", "EMR", "Flink", "webhooks", "enrichment", "Neptune"),
    *("Redshift Serverless", "Redshift ML", "sentiment", "DataBrew", "QuickSight", "Clean Rooms", "DataZone", "CMS"),
)


def test_every_service_that_could_attach_has_its_contract():
    page = (ROOT / "docs" / "extending.md").read_text()
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]

    assert [service for service in ATTACHABLE if not any(service in row[1] and row[3].strip() for row in rows)] == []


def test_the_page_of_models_has_its_knobs_with_their_defaults():
    listed = json.loads((ROOT / "cdk.json").read_text())["context"]
    page = (ROOT / "docs" / "models.md").read_text()

    rows = dict(re.findall(r"^\| `([a-z_]+)` \| `([^`]*)` \|", page, re.MULTILINE))

    assert {"gate_maximum_auc", "reasons", "tuning_jobs"} <= rows.keys()
    assert rows == {name: listed[name] for name in rows}


def test_the_page_of_models_names_failures_and_candidates_that_there_are():
    places = ("pipelines/*.py", "omnichannel/scoring/*.py")
    known = {
        name for place in places for path in ROOT.glob(place) for name in re.findall(r"^class (\w+)\(", path.read_text(), re.MULTILINE)
    }
    named = said("models")

    failures = {name for name in named if re.fullmatch(r"[A-Z]\w+(Error|Model)", name)}

    assert len(failures) >= 8
    assert failures - known == set()
    assert {RECENCY_RULE, RFM, BG_NBD} <= named


def test_the_page_of_notebooks_has_every_notebook_and_every_variable():
    notebooks = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    variables = set(re.findall(r"OMNI_[A-Z_]+", (ROOT / "sandbox" / "notebook.py").read_text()))

    assert notebooks | variables <= said("notebooks")
