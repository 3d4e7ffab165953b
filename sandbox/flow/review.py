"""Reviews of score runs, for who decides them: find, read, approve and reject, through the API that everybody uses."""

from collections.abc import Mapping
from typing import Any

from omnichannel.review.request import Refused, reason_of
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow.http import Answer, get_signed, post_signed
from sandbox.flow.progress import Tell
from sandbox.flow.waiting import until

OPENED_SECONDS = 600.0
LATEST = "latest"

Review = Mapping[str, Any]
"""As the API answers it; `report` only where one review was asked for."""


def reviews(cloud: Cloud, status: str = "") -> list[Review]:
    """What waits and what was decided, the newest first."""
    answer = get_signed(cloud, f"{_url(cloud)}/reviews", {"status": status} if status else {})
    return list(_done("Reading the reviews", answer)["reviews"])


def review(cloud: Cloud, run: str) -> Review:
    """One review with its report. `SandboxError` when there is none."""
    return _done("Reading the review", get_signed(cloud, f"{_url(cloud)}/reviews/{run}", {}))


def named(cloud: Cloud, run: str) -> str:
    """The whole id of a run that somebody typed: the beginning of it, or of one of its score runs, or `latest`."""
    found = reviews(cloud)
    if run == LATEST:
        waiting = [each for each in found if each["status"] == "waiting"]
        matching = (waiting or found)[:1]
    else:
        matching = [each for each in found if any(name.startswith(run) for name in _names(each))]
    if len({each["run"] for each in matching}) != 1:
        how = "no run begins so" if not matching else f"{len(matching)} runs begin so"
        raise SandboxError("finding the run", f"{how}: {run}", hint="omni scores list")
    return str(matching[0]["run"])


def usable(reason: str) -> str:
    """A reason as the API takes it; `SandboxError` with the API's own words where it would refuse it."""
    try:
        return reason_of({"reason": reason})
    except Refused as refused:
        raise SandboxError("Deciding the review", f"{refused.title}: {refused}", hint="--reason WHY") from refused


def approve(cloud: Cloud, found: Review, reason: str) -> Review:
    """Approves the scores that were looked at; approved before is no error. `SandboxError` with the API's own words."""
    return _decide(cloud, "approve", found, reason)


def reject(cloud: Cloud, found: Review, reason: str) -> Review:
    """Rejects a run: its activation ends."""
    return _decide(cloud, "reject", found, reason)


def approve_waiting(cloud: Cloud, run: str, reason: str, tell: Tell) -> Review:
    """The review of an activation run, once it is opened; approved with `reason` where it waits for a person.

    Says the verdict, who decided, and why. `SandboxError` where it waits and there is no reason, and where it was decided otherwise.
    """
    found = until(
        lambda: _opened(cloud, run),
        lambda each: each is not None,
        step="Review",
        seconds=OPENED_SECONDS,
        describe=lambda _: f"no review of activation run {run}",
        tell=lambda _: tell("the scores are compared with the last approved ones"),
        hint="omni logs ReviewScores says how far it is",
    )
    assert found is not None  # noqa: S101 - `until` returns only a found one
    tell(why(found))
    if found["status"] == "waiting" and not reason:
        command = f"omni scores review {run}, then omni scores approve {run} --reason …"
        raise SandboxError("Review", f"run {run} waits for a person's approval: {why(found)}", hint=command)
    decided = approve(cloud, found, reason) if found["status"] == "waiting" else found
    if decided["status"] != "approved":
        raise SandboxError("Review", f"run {run} was {decided['status']}: {decided.get('reason', '')}", hint="omni scores list")
    tell(f"{verdict(found)}; approved by {decided['decided_by']}: {decided['reason']}")
    return decided


def verdict(found: Review) -> str:
    """A review's verdict in a few words."""
    checks = found["report"]["checks"]
    outside = sum(not check["within"] for check in checks)
    if found["verdict"] == "first":
        return "first run, so a person looks"
    return f"{outside} of {len(checks)} checks outside their tolerances" if outside else f"all {len(checks)} checks within their tolerances"


def why(found: Review) -> str:
    """The verdict, and what each check outside says."""
    said = [f"{check['model']}: {check['says']}" for check in found["report"]["checks"] if not check["within"]]
    return "; ".join([verdict(found), *(said if found["verdict"] == "outside" else ())])


def _opened(cloud: Cloud, run: str) -> Review | None:
    answer = get_signed(cloud, f"{_url(cloud)}/reviews/{run}", {})
    return None if answer.status == 404 else _done("Reading the review", answer)


def _decide(cloud: Cloud, word: str, found: Review, reason: str) -> Review:
    url = f"{_url(cloud)}/reviews/{found['run']}/{word}"
    return _done("Deciding the review", post_signed(cloud, url, {"reason": reason, "digest": found["digest"]}))


def _names(found: Review) -> list[str]:
    return [str(found["run"]), *(str(scores["run"]) for scores in found["scores"].values())]


def _url(cloud: Cloud) -> str:
    return cloud.deployment.reviews_url


def _done(step: str, answer: Answer) -> Review:
    if answer.status == 200 and isinstance(answer.body, dict):
        return answer.body
    said = f"{answer.body['title']}: {answer.body['detail']}" if isinstance(answer.body, dict) and "title" in answer.body else answer.body
    raise SandboxError(step, f"HTTP {answer.status}, {said}", hint="omni scores list shows what waits, and what was decided by whom")
