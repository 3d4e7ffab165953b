"""One customer's fresh score: `{"customer_id", "model", "events"?}` in, score, band, decile, reasons and what the events changed out."""

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.propensity import ScoreCustomerEnv

if TYPE_CHECKING:
    from omnichannel.scoring.on_demand import OnDemand

logger = Logger(service="score-customer")


@cache
def scorer(bucket: str) -> "OnDemand":
    """The container's one, with the models that it has loaded."""
    # Here, because the stack imports this module where no xgboost is installed.
    from omnichannel.scoring.on_demand import OnDemand

    return OnDemand(client("s3"), bucket)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers a question; who may ask is IAM's, since the function is invoked directly."""
    from omnichannel.scoring.on_demand import Question

    question = Question.of(event)
    answer = scorer(ScoreCustomerEnv.load().lake_bucket).answer(question)
    told = {name: answer[name] for name in ("status", "model", "run", "as_of")}
    logger.info("answered", **told, events=len(question.events), changes=len(answer.get("applied", ())))
    return answer
