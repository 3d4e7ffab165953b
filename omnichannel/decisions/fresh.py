"""A customer's score of this moment, from the function that scores on demand."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from omnichannel.decisions.readable import named
from omnichannel.playbook.choices import Playbook

Fresh = Callable[[str, str], Mapping[str, Any] | None]
"""A customer's score by a model now: `score`, `band`, `decile`; None where the model did not score the customer."""

SCORED = ("score", "band", "decile")


class NotScored(Exception):
    """The function failed; its own log says why."""


def scorer(lambdas: Any, function: str, events: Sequence[Mapping[str, Any]] = ()) -> Fresh:
    """Asks the function of that name with a client of Lambda, after those live events (`name`, `at`, `value`, `message_id`).

    What it gives raises `NotScored`.
    """

    def score(customer_id: str, model: str) -> Mapping[str, Any] | None:
        asked = json.dumps({"customer_id": customer_id, "model": model, "events": list(events)}).encode()
        answered = lambdas.invoke(FunctionName=function, Payload=asked)
        if answered.get("FunctionError"):
            raise NotScored(f"the function that scores on demand failed for model {model}")
        found = json.loads(answered["Payload"].read())
        return {name: found[name] for name in SCORED} if found["status"] == "scored" else None

    return score


def scored(item: Mapping[str, Any], playbook: Playbook, fresh: Fresh) -> dict[str, Any]:
    """The customer's item with the scores of this moment by the models that the playbook's actions ask for."""
    models = dict.fromkeys(action.probability.model for action in playbook.actions)
    found = {model: fresh(str(item["customer_id"]), model) for model in models}
    return {**item, "scores": {**named(item.get("scores")), **{model: score for model, score in found.items() if score is not None}}}
