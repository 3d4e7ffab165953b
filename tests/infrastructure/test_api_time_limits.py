"""Every API's own limits lie within its function's, and that within API Gateway's."""

import pytest
from botocore.config import Config

from lambdas import decisions_api
from omnichannel.aws import recommenders, waiting
from stacks import customers, decisions, recommendations

GATEWAY_SECONDS = 30
"""The longest that an HTTP API waits for its integration."""
PERSONALIZE_SECONDS = 1.0
TO_SPARE = 0.5


def _longest(config: Config) -> float:
    """Every try up to its limits, and in between botocore's wait: up to 1, 2, 4 … seconds."""
    tries = config.retries["total_max_attempts"]
    return float(tries * (config.connect_timeout + config.read_timeout) + sum(2**n for n in range(tries - 1)))


def test_what_a_call_takes_at_most_is_what_its_client_allows():
    assert _longest(waiting._STATE) == waiting.LONGEST_STATE_SECONDS
    assert _longest(waiting._SCORE) == waiting.LONGEST_SCORE_SECONDS
    assert recommenders.BUDGET_SECONDS - recommenders.TRY_SECONDS + _longest(waiting._ONCE) <= PERSONALIZE_SECONDS


@pytest.mark.parametrize(
    ("function", "needs"),
    [
        (recommendations.API_TIMEOUT, waiting.SECONDS + PERSONALIZE_SECONDS + waiting.LONGEST_STATE_SECONDS),
        (customers.API_TIMEOUT, waiting.SECONDS + waiting.LONGEST_STATE_SECONDS),
        (decisions.API_TIMEOUT, decisions_api.SCORED_SECONDS + waiting.LONGEST_STATE_SECONDS),
        (decisions.API_TIMEOUT, decisions_api.SCORE_SECONDS + waiting.LONGEST_SCORE_SECONDS + waiting.LONGEST_STATE_SECONDS),
    ],
)
def test_an_answer_comes_before_the_function_and_the_gateway_give_up(function, needs):
    assert needs + TO_SPARE <= function.to_seconds() < GATEWAY_SECONDS
