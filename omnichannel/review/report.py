"""The review of an activation run: every model against its last approved run, what the tolerances say of it, and who may approve."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from omnichannel.contracts.reviews import TOLERANCES, Approval, Standing, Verdict
from omnichannel.contracts.scores import run_digest
from omnichannel.review import checks
from omnichannel.review.checks import Check, Side
from omnichannel.review.compare import Moved, Sending
from omnichannel.review.tolerances import Tolerances


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One model's run, and the last approved one with what lies between them (None for the first)."""

    model: str
    now: Side
    last: Side | None = None
    moved: Moved | None = None
    later: str = ""
    """A later date whose scores were approved already."""

    def checks(self, tolerances: Tolerances) -> Iterator[Check]:
        """Everything that is looked at."""
        if self.later:
            yield checks.later_approved(self.model, str(self.now.manifest["as_of"]), self.later)
        if self.last is None or self.moved is None:
            yield checks.first(self.model)
        else:
            yield from checks.against(self.model, self.now, self.last, self.moved, tolerances)
        known = checks.drifted(self.last.manifest) if self.last else ()
        yield from checks.of_itself(self.model, self.now.manifest, tolerances, known)

    def to_dict(self) -> dict[str, Any]:
        """Counts and shares for a report; nothing of a customer."""
        drift = self.now.manifest.get("drift")
        shown = {"run": self.now.manifest["run"], "spread": asdict(self.now.spread), "groups": list(self.now.groups), "drift": drift}
        if self.last is None or self.moved is None:
            return shown
        last = {
            "run": self.last.manifest["run"], "as_of": self.last.manifest["as_of"], "spread": asdict(self.last.spread),
            "groups": list(self.last.groups),
        }  # fmt: skip
        return {**shown, "last": last, "moved": {**asdict(self.moved), "moved": self.moved.moved}}


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a person reads, and what the tolerances decide by."""

    run: str
    as_of: str
    compared: tuple[Compared, ...]
    tolerances: Tolerances
    sending: Sending
    checks: tuple[Check, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Looks at everything once."""
        object.__setattr__(self, "checks", tuple(check for each in self.compared for check in each.checks(self.tolerances)))

    @property
    def verdict(self) -> Verdict:
        """Within, outside, or the first run of a model."""
        if any(each.last is None for each in self.compared):
            return Verdict.FIRST
        return Verdict.OUTSIDE if checks.outside(self.checks) else Verdict.WITHIN

    @property
    def outside(self) -> list[str]:
        """`churn movers`, …: the checks that ask for a person."""
        return [f"{check.model} {check.name}" for check in checks.outside(self.checks)]

    def to_dict(self) -> dict[str, Any]:
        """As it lies in the lake and in the review."""
        return {
            "run": self.run,
            "as_of": self.as_of,
            "verdict": self.verdict.value,
            "checks": [check.to_dict() for check in self.checks],
            "models": {each.model: each.to_dict() for each in self.compared},
            "sending": asdict(self.sending),
            "tolerances": asdict(self.tolerances),
        }


def digest(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """What a person approves: the scores of every model."""
    return run_digest(str(scores[model]["digest"]) for model in sorted(scores))


def decision(report: Report, approval: Approval, at: str) -> dict[str, Any]:
    """How a review begins: approved where the tolerances may and do, else waiting."""
    if approval is Approval.TOLERANCES and report.verdict is Verdict.WITHIN:
        reason = f"all {len(report.checks)} checks are within their tolerances"
        return {"status": Standing.APPROVED.value, "decided_by": TOLERANCES, "decided_at": at, "reason": reason}
    return {"status": Standing.WAITING.value}


def last_approved(reviews: Iterable[Mapping[str, Any]], *, run: str, order: str, model: str) -> Mapping[str, Any] | None:
    """The newest approved review before this one that has that model."""
    before = (r for r in reviews if r["status"] == Standing.APPROVED and r["run"] != run and r["order"] < order and model in r["scores"])
    return max(before, key=lambda review: str(review["order"]), default=None)


def later_approved(reviews: Iterable[Mapping[str, Any]], *, as_of: str) -> str:
    """The latest date after this one that was approved; empty when there is none."""
    return max((str(r["as_of"]) for r in reviews if r["status"] == Standing.APPROVED and r["as_of"] > as_of), default="")
