"""The data sets that activation itself lands, run by run: they go the way of every source, through the same contract into the same lake."""

from omnichannel.contracts.ledger import Sink, Status
from omnichannel.contracts.shapes import Dataset, Format, Type, column

S, D, B, DAY, T, J = Type.STRING, Type.DECIMAL, Type.BOOLEAN, Type.DATE, Type.TIMESTAMP, Type.JSON

_CUSTOMER = "our id of the customer"
_RUN = "the activation run"

ACTIVATION_LOG = Dataset(
    name="omnichannel/activation_log",
    prefix="omnichannel/activation-log/",
    formats=(Format.JSON_LINES,),
    ordered_by="at",
    meaning="every customer of every activation run at every sink: delivered, or why not; a later row of the three is a later try",
    columns=(
        column("customer_id", S, "*!", meaning=_CUSTOMER),
        column("sink", S, "*!", values=tuple(sink.value for sink in Sink), meaning="where the run delivers"),
        column("run", S, "*!", meaning=_RUN),
        column("status", S, "!", values=tuple(status.value for status in Status)),
        column("reason", S, meaning="why, when not delivered"),
        column("message_id", S, meaning="of the delivery; the same one whenever it is repeated"),
        column("campaign", S, meaning="of the decision that it is about; empty without one"),
        column("at", T, "*!", meaning="when it was delivered or decided"),
    ),
)
DECISIONS = Dataset(
    name="omnichannel/decisions",
    prefix="omnichannel/decisions/",
    formats=(Format.JSON_LINES,),
    ordered_by="at",
    meaning="what every activation run decided for every customer, over what, and which rules refused the rest",
    columns=(
        column("customer_id", S, "*!", meaning=_CUSTOMER),
        column("run", S, "*!", meaning=_RUN),
        column("as_of", DAY, "!", meaning="the date of the scores"),
        # Of the key, since a live run is a day: who was decided for at noon and in the evening was decided for twice.
        column("at", T, "*!", meaning="when it was decided"),
        column("action", S, meaning="empty when no action is allowed"),
        column("campaign"),
        column("channel"),
        column("p", D, minimum=0, maximum=1, meaning="the probability that the action reaches its aim"),
        column("value", D, meaning="what that is worth, in the playbook's currency"),
        column("score", D, meaning="p x value x weight"),
        column("explored", B, meaning="chosen by chance, to learn"),
        column("not_before", S, meaning="when quiet hours end, ISO 8601 UTC"),
        column("items", J, meaning="the products that the message is about, the leading one first"),
        column("runner_up", S, meaning="the action that came second"),
        column("runner_up_score", D),
        column("refused", J, meaning="by action, the rules that did not allow it"),
        column("arms", J, meaning="by experiment, the customer's arm"),
        column("playbook", S, meaning="digest of the rules that decided"),
    ),
)
ASSIGNMENTS = Dataset(
    name="omnichannel/assignments",
    prefix="omnichannel/assignments/",
    formats=(Format.JSON_LINES,),
    ordered_by="at",
    meaning="which customer is in which arm of an experiment, once: when it was first so",
    columns=(
        column("experiment", S, "*!", meaning="an experiment or control group of the playbook, or the holdout"),
        column("customer_id", S, "*!", meaning=_CUSTOMER),
        column("arm", S, "*!"),
        column("run", S, "!", meaning="the run that first had it so"),
        column("at", T, "!", meaning="when it was first so"),
    ),
)
OWN: tuple[Dataset, ...] = (ACTIVATION_LOG, DECISIONS, ASSIGNMENTS)
