"""`docs/features.md`, made from the registry and the agreed drivers: `python -m pipelines.features.document`."""

from pathlib import Path

from omnichannel.contracts.scores import Model
from omnichannel.playbook import drivers
from pipelines.features import registered
from pipelines.features.registry import Feature

PAGE = Path(__file__).resolve().parents[2] / "docs" / "features.md"

HEAD = """# Features of a customer

This page is made from `pipelines/features` and `playbook/drivers.yaml` by `python -m pipelines.features.document`; a test compares it.

A feature is one Ibis expression: an aggregate over a source of rows that were known on the date (`pipelines/features/sources.py`), or a
value made of other features. Windows are half-open, `[date - n days, date)`. `absent` is the value of a customer of whom the source has
no row, and of everyone when the data set is missing; without one the value is unknown (null, `nan` in CSV). A value is never infinite.
The sign is that of the effect expected on what the feature drives. DuckDB and Spark run the same expressions
(`tests/spark/test_same_features.py`).
"""


def page() -> str:
    """The whole page."""
    agreed = drivers.load([f.name for f in registered()])
    families = dict.fromkeys(f.family for f in registered())
    parts = [HEAD, *(_family(family) for family in families), "## Agreed drivers\n", *(_agreed(model, agreed[model]) for model in Model)]
    return "\n".join(parts)


def _family(family: str) -> str:
    rows = [_row(f) for f in registered() if f.family == family]
    head = "| feature | meaning | unit | drives | owner | absent |\n|---|---|---|---|---|---|\n"
    return f"## {family.capitalize()}\n\n{head}{''.join(rows)}"


def _row(f: Feature) -> str:
    absent = "unknown" if f.absent is None else f"{f.absent:g}"
    return f"| `{f.name}` | {' '.join(f.meaning.split())} | {f.unit} | {f.drives} {f.expected} | {f.owner} | {absent} |\n"


def _agreed(model: Model, agreed: tuple[drivers.Driver, ...]) -> str:
    rows = "".join(f"| `{d.feature}` | {d.expected} | {d.owner} | {d.reason} |\n" for d in agreed)
    return f"What moves the score of **{model}**:\n\n| feature | sign | owner | reason |\n|---|---|---|---|\n{rows}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
