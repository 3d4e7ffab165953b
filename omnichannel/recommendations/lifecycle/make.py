"""Doing a step: one call of Personalize each. Nothing here decides; `plan` does."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.contracts.recommendations import Custom, Recommender, own_prefix
from omnichannel.recommendations.lifecycle.things import Kind, Step, Verb, Wanted

BUSY = frozenset({"LimitExceededException", "ThrottlingException", "TooManyRequestsException", "ServiceUnavailableException"})
"""The state machine asks again for a while; a quota that stays full then fails the run in Personalize's own words."""
PASSING = frozenset({"ResourceInUseException", "ResourceAlreadyExistsException", "ResourceNotFoundException"})
"""Something else is under way, or has just ended: the next look sees it."""


class Transient(Exception):
    """Personalize says that it is too much just now; worth another try."""


@dataclass(frozen=True, kw_only=True)
class Making:
    """Where steps are done: the client, the dataset group, and what is wanted."""

    personalize: Any
    group: str
    wanted: Wanted

    def do(self, steps: Iterable[Step]) -> list[Step]:
        """Does what can be done now; a campaign that nothing can be served by has failed. Raises `Transient`."""
        return [self._done(_without_version(each) if _bare(each) else each) for each in steps]

    def _done(self, step: Step) -> Step:
        call = _CALLS.get((step.verb, step.kind))
        if call is None:
            return step
        try:
            call(self, step)
        except ClientError as refused:
            return _understood(step, refused)
        return step

    def name(self, step: Step) -> str:
        """The name that Personalize knows the thing by."""
        return f"{own_prefix(self.group)}{step.name}"


def _bare(step: Step) -> bool:
    return step.verb is Verb.CREATE and step.kind is Kind.CAMPAIGN and not step.version


def _without_version(step: Step) -> Step:
    return replace(step, verb=Verb.FAILED, why="no version of its solution could be trained")


def _understood(step: Step, refused: ClientError) -> Step:
    error = refused.response["Error"]
    if error["Code"] in BUSY:
        raise Transient(f"{step.verb} {step.kind} {step.name}: {error['Code']}: {error.get('Message', '')}") from refused
    if error["Code"] in PASSING:
        return replace(step, verb=Verb.WAIT, why=f"{error['Code']}: {error.get('Message', '')}")
    raise refused


def _create_recommender(making: Making, step: Step) -> None:
    recipe = Recommender(step.name).recipe_arn
    making.personalize.create_recommender(name=making.name(step), datasetGroupArn=making.group, recipeArn=recipe)


def _create_solution(making: Making, step: Step) -> None:
    making.personalize.create_solution(
        name=making.name(step),
        datasetGroupArn=making.group,
        recipeArn=Custom(step.name).recipe_arn,
        # On unless it is said otherwise, every seven days, and it bills.
        performAutoTraining=False,
    )


def _create_filter(making: Making, step: Step) -> None:
    expression = making.wanted.filters[step.name]
    making.personalize.create_filter(name=making.name(step), datasetGroupArn=making.group, filterExpression=expression)


def _create_campaign(making: Making, step: Step) -> None:
    least = making.wanted.solutions[Custom(step.name)].least_tps
    making.personalize.create_campaign(name=making.name(step), solutionVersionArn=step.version, minProvisionedTPS=least)


def _update_campaign(making: Making, step: Step) -> None:
    least = making.wanted.solutions[Custom(step.name)].least_tps
    making.personalize.update_campaign(campaignArn=step.arn, solutionVersionArn=step.version, minProvisionedTPS=least)


def _train(making: Making, step: Step) -> None:
    making.personalize.create_solution_version(solutionArn=step.arn, trainingMode="FULL")


def _by_hand(making: Making, step: Step) -> None:
    making.personalize.update_solution(solutionArn=step.arn, performAutoTraining=False)


def _delete(making: Making, step: Step) -> None:
    getattr(making.personalize, f"delete_{step.kind}")(**{f"{step.kind}Arn": step.arn})


_CALLS: Mapping[tuple[Verb, Kind], Callable[[Making, Step], None]] = {
    (Verb.CREATE, Kind.RECOMMENDER): _create_recommender,
    (Verb.CREATE, Kind.SOLUTION): _create_solution,
    (Verb.CREATE, Kind.FILTER): _create_filter,
    (Verb.CREATE, Kind.CAMPAIGN): _create_campaign,
    (Verb.TRAIN, Kind.SOLUTION): _train,
    (Verb.UPDATE, Kind.SOLUTION): _by_hand,
    # A filter cannot be changed: the next look makes the other one.
    (Verb.UPDATE, Kind.FILTER): _delete,
    (Verb.UPDATE, Kind.CAMPAIGN): _update_campaign,
    (Verb.SWITCH, Kind.CAMPAIGN): _update_campaign,
    **{(Verb.DELETE, kind): _delete for kind in Kind},
}
