"""The certificate of an erasure: what was found and removed where, what is kept and why, what still ages out; hashes only."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.privacy import ARCHIVE_DAYS, RESTORE_DAYS, UNFINISHED_UPLOAD_DAYS, Erased
from omnichannel.privacy.regulations import PROMISED_DAYS
from omnichannel.privacy.sinks import PERSONALIZE

OBJECT_COUNTS = ("looked", "rewritten", "removed", "records", "versions", "left")
PLACES = {
    "landing": "landing zone", "quarantine": "quarantine", "staging": "staged files", "scores": "scores",
    "pipelines": "files of the models' pipelines", "activation": "audiences and messaging files", "ledger": "ledgers",
    "personalize": "Personalize's training data", "quality": "quality reports", "athena": "query results",
    "views": "states of the customer view", "jobs": "files of onboarding's jobs",
    "privacy": "answers to access requests",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """How many days copies live on that nobody can reach into: queues, their dead letters, access logs, old state of tables."""

    queue_days: int
    dead_letter_days: int
    access_log_days: int
    consent_years: int = 0


@dataclass
class Findings:
    """What the steps noted."""

    tables: dict[str, Counter[str]] = field(default_factory=dict)
    objects: dict[str, Counter[str]] = field(default_factory=dict)
    state: Counter[str] = field(default_factory=Counter)
    stopped: Mapping[str, int] = field(default_factory=dict)
    sinks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    proof: Mapping[str, Any] = field(default_factory=dict)

    def add_table(self, name: str, answer: Erased) -> None:
        """Adds what the committer did in one round."""
        counts = {"rows": answer.rows, "files": answer.files, "snapshots": answer.snapshots, "objects": answer.objects}
        self.tables.setdefault(name, Counter()).update(counts)

    def add_objects(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Adds the tally of one portion."""
        for zone, found in counts.items():
            self.objects.setdefault(zone, Counter()).update({name: found.get(name, 0) for name in OBJECT_COUNTS})


def certificate(
    request: str,
    asked_at: str,
    at: datetime,
    identifiers: list[dict[str, str]],
    shared: Mapping[str, int],
    found: Findings,
    keeping: Keeping,
) -> dict[str, Any]:
    """The certificate as JSON."""
    return {
        "request": request,
        "asked_at": asked_at,
        "issued_at": at.isoformat(),
        "identifiers": identifiers,
        "removed": {
            "trusted tables": {name: dict(counts) for name, counts in sorted(found.tables.items())},
            "objects": {zone: dict(counts) for zone, counts in sorted(found.objects.items())},
            "state": dict(found.state),
        },
        "stopped": dict(found.stopped),
        "sinks": {name: _sink(name, told) for name, told in sorted(found.sinks.items())},
        "proof": dict(found.proof),
        "kept": _kept(shared, found, keeping),
        "ages_out": _ages_out(keeping),
    }


def _sink(name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    said = {key: told[key] for key in ("asked_at", "status", "regulations", "users", "job", "deleted") if key in told}
    notes = {
        Sink.SEGMENT.value: (
            f"deletes by user id within {PROMISED_DAYS} days, forwards to destinations that support it, and keeps the id on its "
            "suppression list so that later messages are dropped; what was sent with an anonymous id only, it cannot delete by user"
        ),
        PERSONALIZE: "no longer trains on the user's data; what recommenders learnt before stays in them until they are trained again",
        Sink.PINPOINT.value: "the user's endpoints are deleted",
        Sink.CONNECT.value: "the customer's profiles are deleted, with every object in them",
    }
    return {**said, "note": notes[name]}


def _kept(shared: Mapping[str, int], found: Findings, keeping: Keeping) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = [
        {"what": "tombstones: a hash of each identifier and the day", "why": "to recognise the person when an old file brings them back"},
        {"what": "this certificate: hashes and counts", "why": "to show that the request was fulfilled"},
        {"what": "models", "why": "they hold thresholds and weights, no rows; the next training does without the person"},
    ]
    if keeping.consent_years:
        what = f"copies of what the person allowed and refused, by our customer id alone, locked for {keeping.consent_years} years"
        kept.append({"what": what, "why": "to prove that there was a consent; the id leads to nobody any more"})
    if shared:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(shared.items()))
        kept.append({"what": f"identifiers that other customers have as well: {counts}", "why": "removing them would remove others' rows"})
    if left := sum(counts.get("left", 0) for counts in found.objects.values()):
        kept.append({"what": f"{left} archives that name the person", "why": "no records can be told apart in them; delete them by hand"})
    return kept


def _ages_out(keeping: Keeping) -> list[dict[str, Any]]:
    return [
        {"what": "queues of live events", "days": keeping.queue_days},
        {"what": "their dead letters", "days": keeping.dead_letter_days},
        {"what": "archive of live events", "days": ARCHIVE_DAYS},
        {"what": "point-in-time recovery of the tables in DynamoDB", "days": RESTORE_DAYS},
        {"what": "uploads into the buckets that were begun and never finished", "days": UNFINISHED_UPLOAD_DAYS},
        {"what": "access logs of the buckets: keys of objects, no content", "days": keeping.access_log_days},
        {"what": "executions of the state machines: our customer id and the request's id", "days": 90},
        {"what": "logs of functions and state machines: they hold no personal data", "days": 0},
    ]


def readable(found: Mapping[str, Any]) -> str:
    """The certificate as Markdown."""
    proof = found["proof"]
    lines = [
        "# Certificate of erasure", "",
        f"Request `{found['request']}`, asked {found['asked_at']}, issued {found['issued_at']}.", "",
        "## Removed", "", "| where | what |", "|---|---|",
        *(f"| trusted table `{name}` | {_words(counts)} |" for name, counts in found["removed"]["trusted tables"].items()),
        *(f"| {PLACES.get(zone, zone)} | {_words(counts)} |" for zone, counts in found["removed"]["objects"].items()),
        f"| items in DynamoDB | {_words(found['removed']['state'])} |", "",
        "## Sinks", "", "| sink | status | |", "|---|---|---|",
        *(f"| {name} | {told['status']} | {told['note']} |" for name, told in found["sinks"].items()), "",
        "## Proof", "", _proven(proof), "",
        "## Kept", "", *(f"- {each['what']}: {each['why']}." for each in found["kept"]), "",
        "## Ages out", "", *(f"- {each['what']}: {each['days']} days." for each in found["ages_out"] if each["days"]), "",
        "## Identifiers", "", "SHA-256 of `erasure:`, the kind, a colon and the normal form.", "",
        *(f"- {each['kind']} `{each['sha256']}`" for each in found["identifiers"]), "",
    ]  # fmt: skip
    return "\n".join(lines)


def _proven(proof: Mapping[str, Any]) -> str:
    read = f"{proof.get('objects', 0):,} object versions ({proof.get('bytes', 0):,} bytes) in {proof.get('buckets', 0)} buckets"
    return (
        f"{read} and {proof.get('items', 0):,} items in {proof.get('tables', 0)} tables were read: {proof.get('found', 0)} name the person."
    )


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing found"
