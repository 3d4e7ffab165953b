"""What there is in a dataset group of what this app makes, by Personalize's lists and descriptions.

What is still listed and goes before it is described is gone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

from botocore.exceptions import ClientError

from omnichannel.contracts.recommendations import own_prefix
from omnichannel.recommendations.imports import pages
from omnichannel.recommendations.lifecycle.things import Campaign, Existing, Filter, Solution, Thing, Version

GONE = "ResourceNotFoundException"
T = TypeVar("T")
P = ParamSpec("P")


def look(personalize: Any, group: str) -> Existing:
    """Everything whose name begins with the group's; what somebody else made there is left out."""
    prefix = own_prefix(group)
    listed = _own(personalize.list_solutions, "solutions", group)
    campaigns = {each.name: each for each in _campaigns(personalize, prefix, listed)}
    there = filter(None, (_unless_gone(_solution, personalize, prefix, one) for one in listed))
    solutions = {each.name: _judged(personalize, each, campaigns) for each in there}
    return Existing(
        recommenders={each.name: each for each in _recommenders(personalize, group)},
        solutions=solutions,
        campaigns=campaigns,
        filters={each.name: each for each in _filters(personalize, group)},
    )


def solution_named(personalize: Any, group: str, name: str) -> Solution | None:
    """One solution with its versions, without metrics."""
    full = f"{own_prefix(group)}{name}"
    found = (each for each in pages(personalize.list_solutions, "solutions", datasetGroupArn=group) if each["name"] == full)
    return next((_solution(personalize, own_prefix(group), each) for each in found), None)


def _unless_gone(look_at: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | None:
    try:
        return look_at(*given, **named)
    except ClientError as refused:
        if refused.response["Error"]["Code"] != GONE:
            raise
        return None


def _own(operation: Any, key: str, group: str) -> list[dict[str, Any]]:
    found = pages(operation, key, datasetGroupArn=group)
    return [each for each in found if each["name"].startswith(own_prefix(group))]


def _recommenders(personalize: Any, group: str) -> Iterable[Thing]:
    for each in _own(personalize.list_recommenders, "recommenders", group):
        # Lists do not say why a recommender failed; its description does.
        failed = each["status"].endswith("FAILED")
        told = _unless_gone(_described, personalize, "recommender", each) if failed else each
        if told:
            yield Thing(**_of(told, "recommenderArn", own_prefix(group)))


def _solution(personalize: Any, prefix: str, listed: Mapping[str, Any]) -> Solution:
    told = _described(personalize, "solution", listed)
    found = pages(personalize.list_solution_versions, "solutionVersions", solutionArn=told["solutionArn"])
    versions = [Version(**_of({"name": "", **each}, "solutionVersionArn", "")) for each in found]
    newest_first = tuple(sorted(versions, key=lambda each: each.created, reverse=True))
    return Solution(**_of(told, "solutionArn", prefix), automatic=bool(told.get("performAutoTraining")), versions=newest_first)


def _judged(personalize: Any, solution: Solution, campaigns: Mapping[str, Campaign]) -> Solution:
    """With the metrics of the newest version and of the one in use, if those are two."""
    best, campaign = solution.best(), campaigns.get(solution.name)
    live = solution.version(campaign.version) if campaign else None
    if best is None or live is None or best.arn == live.arn:
        return solution
    versions = (_measured(personalize, each) if each.ready and each.arn in (best.arn, live.arn) else each for each in solution.versions)
    return replace(solution, versions=tuple(versions))


def _measured(personalize: Any, version: Version) -> Version:
    return replace(version, metrics=personalize.get_solution_metrics(solutionVersionArn=version.arn)["metrics"])


def _campaigns(personalize: Any, prefix: str, solutions: Iterable[Mapping[str, Any]]) -> Iterable[Campaign]:
    for solution in solutions:
        for each in _unless_gone(_listed_campaigns, personalize, solution["solutionArn"]) or ():
            if each["name"].startswith(prefix) and (told := _unless_gone(_described, personalize, "campaign", each)):
                yield _campaign(told, prefix)


def _listed_campaigns(personalize: Any, solution_arn: str) -> list[dict[str, Any]]:
    return list(pages(personalize.list_campaigns, "campaigns", solutionArn=solution_arn))


def _campaign(told: Mapping[str, Any], prefix: str) -> Campaign:
    update = told.get("latestCampaignUpdate")
    return Campaign(
        **_of(told, "campaignArn", prefix),
        version=told.get("solutionVersionArn", ""),
        least_tps=told.get("minProvisionedTPS", 1),
        update=Thing(**_of({"name": "", **update}, "solutionVersionArn", "")) if update else None,
    )


def _filters(personalize: Any, group: str) -> Iterable[Filter]:
    for each in _own(personalize.list_filters, "Filters", group):
        if told := _unless_gone(_described, personalize, "filter", each):
            yield Filter(**_of(told, "filterArn", own_prefix(group)), expression=told["filterExpression"])


def _described(personalize: Any, kind: str, listed: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = getattr(personalize, f"describe_{kind}")(**{f"{kind}Arn": listed[f"{kind}Arn"]})[kind]
    return found


def _of(told: Mapping[str, Any], arn: str, prefix: str) -> dict[str, Any]:
    return {
        "name": told["name"].removeprefix(prefix),
        "arn": told.get(arn, ""),
        "status": told["status"],
        "created": told["creationDateTime"],
        "reason": told.get("failureReason", ""),
    }
