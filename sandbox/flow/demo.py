"""The main job: the whole loop over a landing folder, its results as files, and a ledger that must close."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from omnichannel.contracts.scores import Model
from omnichannel.ledger.tally import Summary, accounted_for, closes
from omnichannel.onboarding.history import landings as landings_of_all
from sandbox.cloud import Cloud
from sandbox.flow import decided, live, results, story
from sandbox.flow import segment_commands as segments
from sandbox.flow.activate import activation_of, followed
from sandbox.flow.ledgers import history, ledger, onboarding, refuse_without_needed, told, trusted
from sandbox.flow.load import NOTHING_LOADED, Loaded, load
from sandbox.flow.progress import Steps
from sandbox.flow.recommend import recommendations
from sandbox.flow.review import approve_waiting, review
from sandbox.flow.score import ScoreRun, score
from sandbox.flow.stages import stage_times
from sandbox.flow.train import approve_waiting as approve_waiting_versions
from sandbox.flow.train import needs_training, refuse_unapproved, train
from sandbox.flow.twins import HELD, delivered
from sandbox.flow.view import rebuild_view, train_personalize
from sandbox.report.page import write_report

WRITTEN = (
    "scores.csv",
    "metrics.json",
    "ledger.json",
    "run.json",
    "review.json",
    "segments.json",
    "decisions.json",
    "story.json",
    "report.html",
)
FOLDERS = ("quarantine", "delivered", "evaluation")
APPROVED = "the demonstration stands in for the person who would look"
"""The reason with which the demonstration approves models and scores that wait for a person."""


@dataclass
class Loop:
    """One run of the loop, and what it has learned so far."""

    cloud: Cloud
    as_of: date
    out: Path
    steps: Steps
    source: str
    loaded: Loaded = NOTHING_LOADED
    quarantined: int = 0
    runs: Mapping[Model, ScoreRun] = field(default_factory=dict)
    activation: str = ""
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent: dict[str, int] = field(default_factory=dict)

    def run(self, landing: Path) -> list[Summary]:
        """Every step in order; gives the ledger's rows. Raises `SandboxError` from the step that failed."""
        prepare(self.out)
        before = {sink: len(delivered(self.cloud, sink)) for sink in HELD}
        with self.steps.step("Landing and onboarding") as tell:
            self.loaded = load(self.cloud, landing, tell)
            results.copy_quarantine(self.cloud, self.out)
            landed = onboarding(history(self.cloud), trusted(self.cloud))
            refuse_without_needed(landed, self.out / "quarantine")
            self.quarantined = sum(sum(row["rejected"].values()) for row in landed)
            tell(
                f"{self.loaded.files} files, {sum(row['delivered'] for row in landed):,} records trusted, {self.quarantined:,} quarantined"
            )
        self.runs, self.activation = run_models(self.cloud, self.as_of, self.steps, approve=APPROVED)
        with self.steps.step("Live events and recommendations") as tell:
            steps = self._visit(tell)
        with self.steps.step("Results and report") as tell:
            rows = self._write(before, steps)
            tell(str(self.out / "report.html"))
        return rows

    def _visit(self, tell: Any) -> list[dict[str, str]]:
        hero = story.choose(self.cloud, delivered(self.cloud, "segment"))
        if hero is None:
            tell("skipped: nobody was delivered to Segment, or no product has a price")
            return []
        before = recommendations(self.cloud, "home", customer_id=hero.customer_id, limit="5")
        now = datetime.now(UTC)
        visit = live.messages(hero.customer_ref, hero.products, run=now.strftime("%Y%m%dT%H%M%S"), now=now)
        live.send(self.cloud, visit, tell)
        relayed = live.relayed(self.cloud, {message["messageId"] for message in visit}, tell)
        after = recommendations(self.cloud, "home", customer_id=hero.customer_id, limit="5")
        return story.tell(
            hero,
            message=_last(delivered(self.cloud, "segment"), userId=hero.customer_ref),
            endpoint=story.endpoint_of(hero, delivered(self.cloud, "pinpoint")),
            relayed=relayed,
            before=before,
            after=after,
            models={model: run.manifest["published"] for model, run in self.runs.items()},
        )

    def _write(self, before: Mapping[str, int], story_steps: Sequence[Mapping[str, str]]) -> list[Summary]:
        rows = ledger(self.cloud, self.activation)
        results.write_json(self.out / "ledger.json", {"rows": rows})
        scored = results.write_scores(self.cloud, self.runs, self.out)
        results.write_metrics(self.cloud, self.runs, self.out)
        results.write_json(self.out / "review.json", review(self.cloud, self.activation))
        results.write_json(self.out / "segments.json", segments.facts(segments.newest(self.cloud, self._moment)))
        results.write_json(self.out / "decisions.json", decided.facts(self.cloud, self.activation))
        held = results.write_delivered(self.cloud, HELD, self.out)
        self.sent = {sink: held[sink] - before[sink] for sink in held}
        if story_steps:
            results.write_json(self.out / "story.json", {"steps": story_steps})
        landed = sum(row["in"] for row in rows if row["flow"] == "onboarding")
        facts = {
            "files landed": self.loaded.files,
            "records landed": landed,
            "quarantined": self.quarantined,
            "customers scored": scored,
            **_sent(self.sent),
        }
        results.write_json(
            self.out / "run.json",
            {
                "as_of": self.as_of.isoformat(),
                "source": self.source,
                "target": "a sandbox on this machine" if self.cloud.sandboxed else f"AWS ({self.cloud.region})",
                "facts": facts,
                "sent_this_run": self.sent,
                "steps": [{"name": name, "seconds": seconds} for name, seconds in self.steps.seconds],
                "onboarding": self._stages(),
            },
        )
        write_report(self.out)
        return rows

    @property
    def _moment(self) -> datetime:
        return datetime.combine(self.as_of, time(), UTC)

    def _stages(self) -> list[dict[str, Any]]:
        landings = landings_of_all(self.cloud.client("dynamodb"), self.cloud.deployment.history_table)
        return stage_times(history(self.cloud), landings, self.begun)


def demonstrate(cloud: Cloud, landing: Path, as_of: date | None, out: Path, steps: Steps, *, source: str, name: str) -> bool:
    """The loop from landed files to the report, told at the end; gives whether the ledger closes."""
    loop = Loop(cloud, as_of_of(landing, as_of), out, steps, source)
    rows = loop.run(landing)
    console, closed = steps.console, all(closes(row) for row in rows)
    print_ledger(console, rows)
    for failed in loop.loaded.failed:
        console.print(f"[yellow]Failed[/yellow]:  {escape(failed)}", highlight=False, soft_wrap=True)
    console.print(f"Segment: {told(rows, loop.sent['segment'])}", highlight=False)
    console.print(f"Report:  {out / 'report.html'}", highlight=False, soft_wrap=True)
    other = "" if name == "default" else f" --name {name}"
    commands = ", ".join(f"omni {command}{other}" for command in ("status", "inspect segment/delivered", "down"))
    console.print(f"The sandbox goes on running: {commands}", highlight=False, soft_wrap=True)
    if not closed:
        console.print("[bold red]The ledger does not close[/bold red]", highlight=False)
    return closed


def run_models(cloud: Cloud, as_of: date, steps: Steps, *, retrain: bool = False, approve: str = "") -> tuple[dict[Model, ScoreRun], str]:
    """Customer view, Personalize, both models, review, activation; gives the score runs and the activation's run id.

    Trains where a model has no approved version, or one that was trained as of a later date, or when asked to. `approve` is the reason
    with which the versions just trained and the scores are approved where they wait for a person; without one that is a `SandboxError`,
    and they go on waiting.
    """
    with steps.step("Customer view") as tell:
        rebuild_view(cloud, tell)
    if retrain or needs_training(cloud, as_of):
        with steps.step("Training") as tell:
            approve_waiting_versions(cloud, train(cloud, as_of, tell), approve, tell)
            refuse_unapproved(cloud, as_of)
    with steps.step("Scoring") as tell:
        runs = score(cloud, as_of, tell)
    with steps.step("Review") as tell:
        started = activation_of(cloud, as_of, runs, tell)
        approve_waiting(cloud, started.input["run"], approve, tell)
    # Not beside the models: together they would want more memory than a laptop may have left. Activation runs meanwhile.
    with steps.step("Personalize training") as tell:
        train_personalize(cloud, tell)
    with steps.step("Activation") as tell:
        activation = str(followed(cloud, started, tell).input["run"])
    return runs, activation


def prepare(out: Path) -> None:
    """An output folder without the results of an earlier run; what else lies there is left alone."""
    out.mkdir(parents=True, exist_ok=True)
    for name in WRITTEN:
        (out / name).unlink(missing_ok=True)
    for name in FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)


def print_ledger(console: Console, rows: Sequence[Summary]) -> None:
    """The ledger as a table, a section a flow."""
    table = Table(box=None, padding=(0, 1, 0, 0), title="Ledger", title_justify="left")
    table.add_column("", no_wrap=True)
    for name in ("in", "delivered", "withheld", "rejected", "dead", "closes"):
        table.add_column(name, justify="right")
    for flow, sinks in groupby(rows, key=lambda row: row["flow"]):
        table.add_row(f"[bold]{flow}[/bold]")
        for row in sinks:
            withheld, rejected = sum(row["withheld"].values()), sum(row["rejected"].values())
            numbers = (row["in"], row["delivered"], withheld, rejected, row["dead_lettered"])
            closed = "yes" if closes(row) else f"[red]NO, {accounted_for(row):,}[/red]"
            table.add_row(f"  {row['sink']}", *(f"{n:,}" if n else "·" for n in numbers), closed)
    console.print(table)


def as_of_of(landing: Path, given: date | None) -> date:
    """The date to score for: as given, else what the generator wrote beside the folder, else today (UTC)."""
    truth = landing.parent / "truth.json"
    if given is None and truth.exists():
        return date.fromisoformat(json.loads(truth.read_text())["as_of"])
    return given or datetime.now(UTC).date()


def _sent(sent: Mapping[str, int]) -> dict[str, int]:
    return {f"new at {sink}": n for sink, n in sent.items()}


def _last(records: Sequence[Mapping[str, Any]], **equal: str) -> Mapping[str, Any] | None:
    found = [record for record in records if all(record.get(name) == value for name, value in equal.items())]
    return found[-1] if found else None
