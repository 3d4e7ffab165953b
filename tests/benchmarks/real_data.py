"""The models on real purchase logs: the project's own features, training and evaluation, in process, at fixed cut-offs.

    python -m tests.benchmarks.real_data [--only cdnow] [--days -60 -30 0 30 60] [--out out/real_data.json]

CDNOW (23,570 customers, 1997-01 to 1998-06) is in the PyPI package `lifetimes`; UCI Online Retail and IBM Telco lie in the folder that
`REAL_DATA` names. None is part of this repository; what is not found is said and left out. The goals are the same for every set, and
nothing in the code under test knows which set it reads. One cut-off is an anecdote: `--days` moves it, and the means over all cut-offs
are told. Exit code 1 when a goal is missed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from omnichannel.contracts.scores import Model
from pipelines import archive
from pipelines.baselines import RFM
from pipelines.steps import evaluate, features, train
from pipelines.tasks import TASKS, UnusableDataError
from tests.benchmarks.real_tables import DATABASE, catalog, cdnow, online_retail
from tests.benchmarks.real_telco import telco

AUC_BELOW_BEST, LOSS_ABOVE_RFM, HIGHEST_ECE, TELCO_AUC = 0.005, 0.005, 0.04, 0.845


@dataclass(frozen=True, kw_only=True)
class Case:
    """A data set, a question and a cut-off, with the best ROC-AUC that was measured for it by anybody, where anybody has."""

    data: str
    model: Model
    cut_off: date
    best: float | None

    @property
    def as_of(self) -> date:
        """The end of the label window."""
        return self.cut_off + timedelta(days=TASKS[self.model].horizon_days)

    def moved(self, days: int) -> "Case":
        """The same question so many days later; the best value is known of the case's own cut-off alone."""
        return replace(self, cut_off=self.cut_off + timedelta(days=days), best=None) if days else self


CASES = (
    Case(data="cdnow", model=Model.REPURCHASE, cut_off=date(1998, 4, 1), best=0.833),
    Case(data="cdnow", model=Model.CHURN, cut_off=date(1998, 4, 1), best=0.731),
    Case(data="online_retail", model=Model.REPURCHASE, cut_off=date(2011, 9, 9), best=0.742),
    Case(data="online_retail", model=Model.CHURN, cut_off=date(2011, 9, 9), best=0.753),
)
"""Best values: XGBoost with 45 features after 30 trials, or a logistic regression (Online Retail, churn)."""


def run(case: Case, tables: Mapping[str, pa.Table], folder: Path, parameters: Sequence[str] = ()) -> dict[str, Any]:
    """The evaluation of one case by the steps' own command lines."""
    about = ["--model", str(case.model), "--as-of", case.as_of.isoformat()]
    (folder / "lake").mkdir()
    with mock.patch("omnichannel.aws.iceberg.catalog", return_value=catalog(tables, folder / "lake")):
        features.main([*about, "--purpose", "train", "--glue-database", DATABASE, "--output", str(folder)])
    return judged(about, folder, parameters)


def judged(about: Sequence[str], folder: Path, parameters: Sequence[str] = ()) -> dict[str, Any]:
    """Training and evaluation on the tables in a folder."""
    tables = [text for name in ("train", "validation", "meta") for text in (f"--{name}", str(folder / name))]
    train.main([*tables, "--model-dir", str(folder / "model"), *parameters])
    (folder / "artifact").mkdir(exist_ok=True)
    archive.write_archive(folder / "artifact" / "model.tar.gz", archive.folder_files(folder / "model"))
    places = {"trained": "artifact", "test": "test", "meta": "meta", "evaluation": "evaluation", "repacked": "repacked"}
    evaluate.main([*about, *(text for name, place in places.items() for text in (f"--{name}", str(folder / place)))])
    told: dict[str, Any] = json.loads((folder / "evaluation" / "evaluation.json").read_text())
    return told


def goals(case: Case, told: Mapping[str, Any]) -> dict[str, bool]:
    """Which goals the published model meets. Of the lift there are two: not below the regression's, and not surely below it: a tenth of
    some thousand customers are few, of whom some more or less are chance, which the paired interval tells."""
    rfm = told["candidates"][RFM]
    return {
        **({"roc_auc": told["roc_auc"] >= case.best - AUC_BELOW_BEST} if case.best is not None else {}),
        "log_loss": told["log_loss"] <= rfm["log_loss"] + LOSS_ABOVE_RFM,
        "calibration_error": told["calibration_error"] <= HIGHEST_ECE,
        "lift_at_10": told["lift_at_10"] >= rfm["lift_at_10"],
        "lift_but_for_chance": told["published"] == RFM or told["lift_against"][RFM]["high"] >= 0,
    }


def found_cdnow(folder: Path | None) -> Path | None:
    """CDNOW_master.txt from the folder of real data, or out of the wheel of `lifetimes` there, or of a wheel fetched by pip."""
    places = [folder] if folder else []
    for place in places:
        if (place / "CDNOW_master.txt").exists():
            return place / "CDNOW_master.txt"
    cache = Path(tempfile.gettempdir()) / "omnichannel-real-data"
    cache.mkdir(exist_ok=True)
    wheels = [w for place in (*places, cache) for w in place.glob("[Ll]ifetimes-*.whl")]
    if not wheels:
        fetch = [sys.executable, "-m", "pip", "download", "lifetimes==0.11.3", "--no-deps", "--quiet", "--dest", str(cache)]
        subprocess.run(fetch, check=False)
        wheels = list(cache.glob("[Ll]ifetimes-*.whl"))
    if not wheels:
        return None
    with zipfile.ZipFile(wheels[0]) as packed:
        return Path(packed.extract("lifetimes/datasets/CDNOW_master.txt", cache))


def sources() -> dict[str, Path]:
    """Where each data set lies, without those that are not found."""
    folder = Path(os.environ["REAL_DATA"]) if os.environ.get("REAL_DATA") else None
    found = {
        "cdnow": found_cdnow(folder),
        "online_retail": folder / "online_retail.parquet" if folder else None,
        "telco": folder / "telco_customer_churn.csv.gz" if folder else None,
    }
    return {name: path for name, path in found.items() if path is not None and path.exists()}


READERS: dict[str, Callable[[Path], dict[str, pa.Table]]] = {"cdnow": cdnow, "online_retail": online_retail}


def measure(only: str | None = None, days: Sequence[int] = (0,)) -> list[dict[str, Any]]:
    """A row for every case whose data is there, at each moved cut-off that the data reaches."""
    there = sources()
    rows: list[dict[str, Any]] = []
    for case in (case.moved(by) for case in CASES for by in days if case.data in there and only in (None, case.data)):
        with tempfile.TemporaryDirectory() as folder:
            try:
                told = run(case, READERS[case.data](there[case.data]), Path(folder))
            except UnusableDataError as reason:
                rows.append({"name": f"{case.data} {case.model} {case.cut_off}", "said": str(reason), "goals": {}})
                continue
        rows.append(row(f"{case.data} {case.model} {case.cut_off}", case.best, told, goals(case, told)))
    if "telco" in there and only in (None, "telco"):
        auc = telco(there["telco"])
        rows.append({"name": "telco churn, 5-fold", "roc_auc": auc, "best": 0.8495, "goals": {"roc_auc": auc >= TELCO_AUC}})
    return rows


def row(name: str, best: float | None, told: Mapping[str, Any], met: Mapping[str, bool]) -> dict[str, Any]:
    """What is shown of an evaluation."""
    measures = ("roc_auc", "log_loss", "calibration_error", "lift_at_10")
    return {
        "name": name,
        "published": told["published"],
        "blend": told["blend"],
        "population": told["population"],
        "best": best,
        **{m: told[m] for m in measures},
        "intervals": told["intervals"],
        "candidates": {n: {m: c[m] for m in measures} for n, c in told["candidates"].items()},
        "lift_against_rfm": told["lift_against"].get(RFM),
        "difference_on_validation": told["validation"]["difference"],
        "gate": told["gate"],
        "goals": dict(met),
    }


def means(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Over all cut-offs: the published model's measures less RFM logistic regression's, and its calibration error."""
    measured = [each for each in rows if "candidates" in each]
    beside_rfm = {m: [each[m] - each["candidates"][RFM][m] for each in measured] for m in ("roc_auc", "log_loss", "lift_at_10")}
    return {m: float(np.mean(v)) for m, v in {**beside_rfm, "calibration_error": [each["calibration_error"] for each in measured]}.items()}


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The published model beside the logistic regression over RFM; what misses its goal is red. A lift that is lower by no more than chance
    explains (the paired interval) says `(by chance)`."""
    shown = Table(box=None, title="Real data (published model / RFM logistic regression)", title_justify="left")
    for name in ("", "published", "ROC-AUC", "best", "log loss", "ECE", "lift@10"):
        shown.add_column(name, no_wrap=True)
    for each in rows:
        if "said" in each:
            shown.add_row(each["name"], each["said"].partition(":")[0])
            continue
        if "candidates" not in each:
            shown.add_row(each["name"], "xgboost", _cell(each, "roc_auc", None), f"{each['best']:.4f}", "", "", "")
            continue
        rfm, best = each["candidates"][RFM], "" if each["best"] is None else f"{each['best']:.3f}"
        cells = [_cell(each, m, rfm[m]) for m in ("roc_auc", "log_loss", "calibration_error", "lift_at_10")]
        shown.add_row(each["name"], each["published"], cells[0], best, *cells[1:])
    return shown


def _cell(each: Mapping[str, Any], measure: str, beside: float | None) -> str:
    text = f"{each[measure]:.4f}" + ("" if beside is None else f" / {beside:.4f}")
    if measure == "lift_at_10" and not each["goals"][measure] and each["goals"]["lift_but_for_chance"]:
        text += " (by chance)"
    return text if each["goals"].get(measure, True) else f"[red]{text}[/red]"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what is there."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.real_data", description=__doc__)
    parser.add_argument("--only", choices=("cdnow", "online_retail", "telco"))
    parser.add_argument(
        "--days", type=int, nargs="+", default=[0], help="how many days later than its own each cut-off lies, such as -30 0"
    )
    parser.add_argument("--out", type=Path, default=Path("out/real_data.json"))
    args = parser.parse_args(argv)
    console, rows = Console(width=170), measure(args.only, args.days)
    for name in sorted({"cdnow", "online_retail", "telco"} - set(sources())):
        console.print(f"{name}: not found, left out; REAL_DATA names the folder", highlight=False)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps({"rows": rows}, indent=1))
    console.print(table(rows))
    if any("candidates" in each for each in rows):
        told = ", ".join(f"{name} {value:+.4f}" for name, value in means(rows).items())
        console.print(f"Mean of the published model less RFM logistic regression (calibration error: its own): {told}", highlight=False)
    return 0 if rows and all(all(each["goals"].values()) for each in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
