"""Makes `report.html` from the files of an output folder; reads nothing else, so it can be made again at any time."""

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from sandbox.report import charts, words

MOST_REASONS = 3
TITLES = {
    "churn": "Churn: who is about to leave",
    "repurchase": "Repurchase: who is about to buy again",
}


def write_report(out: Path) -> Path:
    """Write `report.html` beside the files it is made from, and give its path."""
    run = _json(out / "run.json")
    ledger = [_ledger_row(row) for row in _json(out / "ledger.json")["rows"]]
    decisions = _json(out / "decisions.json") if (out / "decisions.json").exists() else None
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape())
    environment.filters.update(count=_count, reasons=_reasons)
    page = environment.get_template("template.html").render(
        run=run,
        closes=all(row["closes"] for row in ledger),
        short=words.in_short(ledger, _scores(out), decisions),
        facts=[{"name": name, "value": _count(value)} for name, value in run["facts"].items()],
        ledger=ledger,
        models=[_model(out, name, numbers) for name, numbers in _json(out / "metrics.json")["models"].items()],
        quarantine=_quarantine(out / "quarantine"),
        delivered=_delivered(out / "delivered", run.get("sent_this_run", {})),
        story=_json(out / "story.json")["steps"] if (out / "story.json").exists() else [],
        steps=_steps(run["steps"]),
        stages=run.get("onboarding", []),
        review=_json(out / "review.json") if (out / "review.json").exists() else None,
        segments=_json(out / "segments.json") if (out / "segments.json").exists() else None,
        decisions=_decisions(decisions) if decisions else None,
    )
    path = out / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def _ledger_row(row: Mapping[str, Any]) -> dict[str, Any]:
    parts = {
        "delivered": row["delivered"],
        "withheld": sum(row["withheld"].values()),
        "rejected": sum(row["rejected"].values()),
        "dead": _total(row["dead_lettered"]),
    }
    whole = max(row["in"], sum(parts.values()), 1)
    return {
        **row,
        "withheld_total": parts["withheld"],
        "rejected_total": parts["rejected"],
        "why": {**row["withheld"], **row["rejected"]},
        "dead_lettered": parts["dead"],
        "closes": row["in"] == sum(parts.values()) and row["twice"] == 0,
        "parts": [{"kind": kind, "n": n, "percent": f"{100 * n / whole:.3f}"} for kind, n in parts.items() if n],
    }


def _model(out: Path, name: str, numbers: Mapping[str, Any]) -> dict[str, Any]:
    evaluation = _json(out / "evaluation" / f"{name}.json")
    curves = evaluation["curves"]
    base_rate = numbers["positives"] / max(numbers["population"], 1)
    lead = [
        {"title": "ROC", "svg": charts.roc(curves["roc"], numbers["roc_auc"])},
        {"title": "Calibration", "svg": charts.calibration(curves["calibration"], numbers["calibration_error"])},
        {"title": "Lift by decile", "svg": charts.lift(curves["lift_by_decile"])},
        {"title": "Scores of this run", "svg": _score_chart(out, name, numbers)},
    ]
    drivers = curves["drivers"]
    if drivers:
        columns = ([d[key] for d in drivers] for key in ("name", "gain", "direction"))
        lead.append({"title": "Drivers (+ raises the score, - lowers it)", "svg": charts.drivers(*columns)})
    candidates = evaluation.get("candidates", {}) or {**numbers["baselines"], numbers["published"]: numbers}
    rows = [_numbers_row(each, measured, published=each == numbers["published"]) for each, measured in candidates.items()]
    return {
        "name": name,
        "title": TITLES.get(name, name),
        "sentence": (
            f"Measured on {numbers['population']:,} customers at a date that no training saw, of whom {base_rate:.1%} did; "
            f"scored as of {numbers['as_of']}. Published: {numbers['published']}. {_sentence(evaluation.get('publishing_rule', ''))}"
        ),
        "agreement": _agreement(evaluation.get("expected_drivers", {})),
        "charts": lead,
        "rows": rows,
    }


def _agreement(expected: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """What the model makes of the drivers that business and data science agreed on."""
    said = {"agrees": "as expected", "disagrees": "against what was expected", "missing": "no say in it"}
    return [(words, ", ".join(expected[name])) for name, words in said.items() if expected.get(name)]


def _decisions(told: Mapping[str, Any]) -> dict[str, Any]:
    """Each action with the rules that refused it most, and the decision with the highest score as text."""
    chosen = {row["action"]: row for row in told["actions"]}
    rows = [{**row, "refused": told["refused"].get(row["action"], {})} for row in told["actions"]]
    never = [
        {"action": name, "customers": 0, "p": None, "value": None, "explored": 0, "refused": rules}
        for name, rules in told["refused"].items()
        if name not in chosen
    ]
    example = json.dumps(told["example"], indent=1, ensure_ascii=False)
    return {**told, "rows": rows + never, "example": example, "best": _best(told["example"], told.get("currency", ""))}


def _best(decision: Mapping[str, Any], currency: str) -> str:
    """The decision that is worth most, in words; empty where nothing was chosen for anybody."""
    if not decision.get("action"):
        return ""
    by = f" by {decision['channel']}" if decision.get("channel") else ""
    worth = f"one in {1 / decision['p']:.0f} takes it up" if decision["p"] else "nobody is expected to take it up"
    second = f" The next best was {decision['runner_up']}." if decision.get("runner_up") else ""
    return f"{decision['action']}{by}: {worth}, which is worth {decision['value']:.2f} {currency}".rstrip() + f" then.{second}"


def _score_chart(out: Path, model: str, numbers: Mapping[str, Any]) -> str:
    bins = 20
    counts = [0] * bins
    for row in _scores(out):
        if row[f"{model}_score"]:
            counts[min(int(float(row[f"{model}_score"]) * bins), bins - 1)] += 1
    return charts.scores([i / bins for i in range(bins + 1)], counts, numbers.get("cut_offs", {}))


def _numbers_row(name: str, numbers: Mapping[str, Any], *, published: bool) -> dict[str, Any]:
    keys = ("roc_auc", "pr_auc", "log_loss", "brier", "calibration_error", "lift_at_10")
    intervals = numbers.get("intervals", {})
    told = [{"value": _three(numbers.get(key)), "interval": " to ".join(map(_three, intervals.get(key, [])))} for key in keys]
    return {"name": name, "published": published, "numbers": told}


def _scores(out: Path) -> Iterator[dict[str, str]]:
    with (out / "scores.csv").open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _sentence(text: str) -> str:
    return f"{text}." if text and not text.endswith(".") else text


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _quarantine(folder: Path) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    examples: dict[tuple[str, str, str], str] = {}
    for path in sorted(folder.rglob("*.jsonl")):
        for record in _lines(path):
            group = (record["dataset"], record["reason"], record["column"])
            counts[group] += 1
            examples.setdefault(group, f"{record['file']}:{record['line']}")
    return [
        {"dataset": dataset, "reason": reason, "column": column, "n": n, "example": examples[dataset, reason, column]}
        for (dataset, reason, column), n in sorted(counts.items(), key=lambda item: (item[0][0], -item[1]))
    ]


def _delivered(folder: Path, this_run: Mapping[str, int]) -> list[dict[str, Any]]:
    rows = []
    for path in sorted(folder.glob("*.jsonl")):
        total, last = 0, None
        for record in _lines(path):
            total, last = total + 1, record
        example = json.dumps(_masked(last), indent=1, ensure_ascii=False) if last else "nothing"
        rows.append({"sink": path.stem, "run": this_run.get(path.stem, 0), "total": total, "example": example})
    return rows


PERSONAL = {"address", "email", "phone", "first_name", "last_name", "loyalty_card", "birth_date"}


def _masked(value: Any) -> Any:
    """A report is passed on: what names a person directly is not in it."""
    if isinstance(value, dict):
        return {k: "(hidden)" if k.lower() in PERSONAL and v else _masked(v) for k, v in value.items()}
    return [_masked(v) for v in value] if isinstance(value, list) else value


def _steps(steps: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = list(steps)
    longest = max((row["seconds"] for row in rows), default=1) or 1
    return [{**row, "percent": f"{100 * row['seconds'] / longest:.1f}"} for row in rows]


def _reasons(value: Mapping[str, int]) -> str:
    """The commonest reasons with their counts; the quarantine section has them all."""
    ordered = sorted(value.items(), key=lambda item: (-item[1], item[0]))
    more = [f"and {len(ordered) - MOST_REASONS} more"] if len(ordered) > MOST_REASONS else []
    return ", ".join([*(f"{reason} {_count(n)}" for reason, n in ordered[:MOST_REASONS]), *more]) or "–"


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _total(value: int | Mapping[str, int]) -> int:
    return sum(value.values()) if isinstance(value, Mapping) else value


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)
