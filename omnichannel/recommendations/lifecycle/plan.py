"""From what exists to what is wanted: one step for each thing, the same however often it is asked; "not yet" is no error."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from omnichannel.contracts.recommendations import Custom, Recommender
from omnichannel.recommendations.lifecycle.things import (
    Campaign,
    Existing,
    Kind,
    Solution,
    Step,
    Thing,
    Trained,
    Verb,
    Version,
    Wanted,
)

Steps = Iterator[Step]


def plan(wanted: Wanted, existing: Existing, since: datetime) -> list[Step]:
    """Every step, in the order of a run. `since` is when the run's data were imported: what was trained or failed before is old."""
    steps = [*recommender_steps(wanted, existing, since), *solution_steps(wanted, existing, since)]
    steps += [*filter_steps(wanted, existing, since), *campaign_steps(wanted, existing, since), *leftover_steps(wanted, existing)]
    return steps


def recommender_steps(wanted: Wanted, existing: Existing, since: datetime) -> Steps:
    """Makes each recommender that is missing; one that failed before is made anew, one that is not wanted any more is deleted."""
    for name in wanted.recommenders:
        yield _thing(Kind.RECOMMENDER, name, existing.recommenders.get(name), since)
    for name in Recommender:
        if name not in wanted.recommenders and name in existing.recommenders:
            yield _gone(Kind.RECOMMENDER, existing.recommenders[name])


def solution_steps(wanted: Wanted, existing: Existing, since: datetime) -> Steps:
    """Makes each solution once, with automatic training off, and trains a version of it on the data of this run."""
    for name in wanted.trains():
        found = existing.solutions.get(name)
        step = _thing(Kind.SOLUTION, name, found, since)
        if found is None or step.verb is not Verb.KEEP:
            yield step
        elif found.automatic:
            yield Step(verb=Verb.UPDATE, kind=Kind.SOLUTION, name=name, arn=found.arn, why="automatic training off")
        else:
            yield _training(found, since)


def filter_steps(wanted: Wanted, existing: Existing, since: datetime) -> Steps:
    """Makes each filter; another expression is another filter, so that one is deleted and made anew."""
    for name, expression in wanted.filters.items():
        found = existing.filters.get(name)
        step = _thing(Kind.FILTER, name, found, since)
        if found and step.verb is Verb.KEEP and found.expression != expression:
            step = Step(verb=Verb.UPDATE, kind=Kind.FILTER, name=name, arn=found.arn, why="another expression")
        yield step
    yield from (_gone(Kind.FILTER, found) for name, found in existing.filters.items() if name not in wanted.filters)


def campaign_steps(wanted: Wanted, existing: Existing, since: datetime) -> Steps:
    """Serves the newest version of each solution that has a campaign, unless it is worse than the one in use."""
    for name in wanted.trains():
        if wanted.serves(name):
            yield _served(name, wanted.solutions[name], existing.solutions.get(name), existing.campaigns.get(name), since)
    for name in Custom:
        if not wanted.serves(name) and name in existing.campaigns:
            yield _gone(Kind.CAMPAIGN, existing.campaigns[name])


def leftover_steps(wanted: Wanted, existing: Existing) -> Steps:
    """Deletes solutions that are not made any more, with all their versions, once nothing serves or trains them."""
    for name in Custom:
        found = existing.solutions.get(name)
        if found is None or name in wanted.trains():
            continue
        busy = "its campaign goes first" if name in existing.campaigns else "a version is trained" if _under_way(found.versions) else ""
        yield _wait(Kind.SOLUTION, found, busy) if busy else _gone(Kind.SOLUTION, found)


def worse(spec: Trained, new: Version, live: Version | None) -> str:
    """Why a new version must not take the place of the one in use, in words; empty when it may.

    Metrics are Personalize's own, of interactions that it hid from each training. Where the version in use has none, nothing speaks against
    the new one; a new one without its metric stays out.
    """
    before = live.metrics.get(spec.metric) if live else None
    now = new.metrics.get(spec.metric)
    if before is None:
        return ""
    if now is None:
        return f"the new version has no {spec.metric}"
    return (
        f"{spec.metric} {now:.4f} after {before:.4f}, more than {spec.tolerance:.0%} worse" if now < before * (1 - spec.tolerance) else ""
    )


def _thing(kind: Kind, name: str, found: Thing | None, since: datetime) -> Step:
    if found is None:
        return Step(verb=Verb.CREATE, kind=kind, name=name)
    if found.failed and found.created < since:
        return Step(verb=Verb.DELETE, kind=kind, name=name, arn=found.arn, why=f"it failed ({found.reason}), and is made anew")
    if found.failed:
        return Step(verb=Verb.FAILED, kind=kind, name=name, arn=found.arn, why=found.reason or found.status)
    if found.asleep:
        return Step(verb=Verb.KEEP, kind=kind, name=name, arn=found.arn, why=f"stopped by somebody ({found.status})")
    return Step(verb=Verb.KEEP, kind=kind, name=name, arn=found.arn) if found.ready else _wait(kind, found)


def _training(found: Solution, since: datetime) -> Step:
    newest = found.versions[0] if found.versions else None
    if newest and newest.coming:
        return _wait(Kind.SOLUTION, found, f"training {newest.status.lower()}")
    if newest is None or newest.created < since:
        return Step(verb=Verb.TRAIN, kind=Kind.SOLUTION, name=found.name, arn=found.arn)
    if newest.failed:
        return Step(verb=Verb.FAILED, kind=Kind.SOLUTION, name=found.name, arn=found.arn, why=newest.reason or newest.status)
    return Step(verb=Verb.KEEP, kind=Kind.SOLUTION, name=found.name, arn=found.arn, why="trained")


def _served(name: str, spec: Trained, solution: Solution | None, found: Campaign | None, since: datetime) -> Step:
    best = solution.best() if solution else None
    step = _thing(Kind.CAMPAIGN, name, found, since)
    if found is None or step.verb is not Verb.KEEP:
        return Step(verb=step.verb, kind=Kind.CAMPAIGN, name=name, arn=step.arn, version=best.arn if best else "", why=step.why)
    if found.update and found.update.coming:
        return _wait(Kind.CAMPAIGN, found, "being changed")
    if found.update and found.update.status.endswith("FAILED") and found.update.created >= since:
        return Step(verb=Verb.FAILED, kind=Kind.CAMPAIGN, name=name, arn=found.arn, why=found.update.reason or found.update.status)
    return _switched(spec, solution, best, found)


def _switched(spec: Trained, solution: Solution | None, best: Version | None, found: Campaign) -> Step:
    why = ""
    if solution and best and best.arn != found.version:
        why = worse(spec, best, solution.version(found.version))
        if not why:
            return Step(verb=Verb.SWITCH, kind=Kind.CAMPAIGN, name=found.name, arn=found.arn, version=best.arn, why="to the newest version")
    if found.least_tps != spec.least_tps:
        told = f"at least {spec.least_tps} requests a second, not {found.least_tps}"
        return Step(verb=Verb.UPDATE, kind=Kind.CAMPAIGN, name=found.name, arn=found.arn, version=found.version, why=told)
    kept = f"the version in use stays: {why}" if why else ""
    return Step(verb=Verb.KEEP, kind=Kind.CAMPAIGN, name=found.name, arn=found.arn, version=found.version, why=kept)


def _gone(kind: Kind, found: Thing) -> Step:
    if found.going or found.coming:
        return _wait(kind, found)
    return Step(verb=Verb.DELETE, kind=kind, name=found.name, arn=found.arn, why="the playbook does not ask for it")


def _wait(kind: Kind, found: Thing, why: str = "") -> Step:
    return Step(verb=Verb.WAIT, kind=kind, name=found.name, arn=found.arn, why=why or found.status.lower())


def _under_way(things: Iterable[Thing]) -> bool:
    return any(each.coming for each in things)


def told(steps: Sequence[Step]) -> dict[str, object]:
    """How the steps stand together: `ready` once each thing has ended and one is well (or nothing was asked for), `failed` when none is.

    `reason` names what failed, and `notes` what was left as it is for a reason.
    """
    failed = [each for each in steps if each.verb is Verb.FAILED]
    ended = all(each.verb in (Verb.KEEP, Verb.FAILED) for each in steps)
    lost = bool(failed) and len(failed) == len(steps)
    return {
        "ready": ended and not lost,
        "failed": ended and lost,
        "reason": "; ".join(f"{each.kind} {each.name}: {each.why}" for each in failed),
        "notes": [str(each) for each in steps if each.verb is Verb.KEEP and each.why not in ("", "trained")],
    }
