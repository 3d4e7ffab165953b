"""A customer's score of this moment, from the function that scores on demand."""

import json
from collections.abc import Mapping
from typing import Any

from omnichannel.decisions.answer import Fresh

SCORED = ("score", "band", "decile")


class NotScored(Exception):
    """The function failed; its own log says why."""


def scorer(lambdas: Any, function: str) -> Fresh:
    """Asks the function of that name with a client of Lambda; the answer raises `NotScored`."""

    def score(customer_id: str, model: str) -> Mapping[str, Any] | None:
        asked = json.dumps({"customer_id": customer_id, "model": model}).encode()
        answered = lambdas.invoke(FunctionName=function, Payload=asked)
        if answered.get("FunctionError"):
            raise NotScored(f"the function that scores on demand failed for model {model}")
        found = json.loads(answered["Payload"].read())
        return {name: found[name] for name in SCORED} if found["status"] == "scored" else None

    return score
