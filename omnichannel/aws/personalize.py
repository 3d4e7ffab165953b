"""Personalize's event door: PutEvents, with its answers sorted into "never" and "not now"."""

from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from omnichannel.recommendations.interactions import Interaction
from omnichannel.recommendations.relay import Invalid, Unavailable

# The model of personalize-events knows neither throttling nor missing permissions, so codes are compared as text.
_NEVER = frozenset({"InvalidInputException", "ValidationException"})
_FORBIDDEN = frozenset({"AccessDeniedException", "AccessDenied", "UnrecognizedClientException"})


class Forbidden(Exception):
    """The role may not do this: no later try gets over it, a person mends the policy."""


def putter(personalize_events: Any, dataset_arn: str, *, wait: Callable[[], None]) -> Callable[[Sequence[dict[str, str]]], None]:
    """Puts records into a data set of items or of users, as their ids say, after its turn; raises `Invalid`, `Unavailable` or
    `Forbidden`.
    """

    def put(records: Sequence[dict[str, str]]) -> None:
        wait()
        operation, key = ("put_items", "items") if "itemId" in records[0] else ("put_users", "users")
        try:
            _asking(lambda: getattr(personalize_events, operation)(datasetArn=dataset_arn, **{key: list(records)}))
        except Unavailable as refused:
            if str(refused) in _FORBIDDEN:
                raise Forbidden(f"{operation} to {dataset_arn} answered {refused}: grant the function's role the operation") from refused
            raise

    return put


def sender(personalize_events: Any, tracking_id: str, *, in_time: Callable[[], bool]) -> Callable[[Sequence[Interaction]], None]:
    """Sends interactions of one session and one user; raises `Invalid` or `Unavailable`, the latter also when time has run out."""

    def send(interactions: Sequence[Interaction]) -> None:
        if not in_time():
            raise Unavailable("no time left")
        first = interactions[0]
        request: dict[str, Any] = {"trackingId": tracking_id, "sessionId": first.session_id}
        if first.customer_id:
            request["userId"] = first.customer_id
        _asking(lambda: personalize_events.put_events(**request, eventList=[interaction.to_event() for interaction in interactions]))

    return send


def _asking(call: Callable[[], object]) -> None:
    try:
        call()
    except ParamValidationError as invalid:
        raise Invalid("ParamValidationError") from invalid
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        raise (Invalid if code in _NEVER else Unavailable)(code) from refused
    except BotoCoreError as broken:
        raise Unavailable(type(broken).__name__) from broken
