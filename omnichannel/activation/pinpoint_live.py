"""One customer at a time into Pinpoint: the endpoint as an import would make it, by an update."""

from http import HTTPStatus

from botocore.exceptions import ClientError

from omnichannel.activation import attributes, messaging, pinpoint_adapter, pinpoint_files, underway
from omnichannel.activation.attributes import Catalog
from omnichannel.activation.messaging import Gates
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member
from omnichannel.activation.pinpoint_adapter import READ, Pinpoint
from omnichannel.activation.state import State
from omnichannel.contracts.reasons import Reason


def deliver(member: Member, outcomes: Outcomes, state: State, gates: Gates, catalog: Catalog, pinpoint: Pinpoint) -> None:
    """Gives the member an outcome; what Pinpoint holds of who is refused is taken back, as a run does."""
    reached = list(messaging.recipients([member], outcomes, state, gates, READ))
    messaging.remember([each for each in reached if each.held], outcomes, state)
    pending = list(pinpoint_adapter.possible([each for each in reached if not each.held], outcomes, state))
    names = attributes.names(pending, catalog)
    try:
        pinpoint_adapter.clear([member], pending, outcomes, state, pinpoint)
    except ClientError:
        messaging.give_back(pending, state)
        raise
    underway.announce(pending, outcomes, state)
    for each in pending:
        try:
            answer = pinpoint.client.update_endpoints_batch(
                ApplicationId=pinpoint.application_id, EndpointBatchRequest={"Item": [pinpoint_files.endpoint(each, names)]}
            )
        except ClientError as refused:
            # The service's own error, and what the client had tried before this answer, may have come after it had taken the endpoint.
            told = refused.response["ResponseMetadata"]
            if told["HTTPStatusCode"] < HTTPStatus.INTERNAL_SERVER_ERROR and not told.get("RetryAttempts", 0):
                messaging.give_back([each], state)
            raise
        if "MessageBody" not in answer:
            outcomes.reject(member.customer_id, Reason.REFUSED_BY_SINK, each.message_id)
            messaging.give_back([each], state)
            return
    messaging.remember(pending, outcomes, state)
