"""A customer's score of this moment, from the function that scores on demand."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from omnichannel.decisions.readable import named
from omnichannel.playbook.choices import Playbook

Fresh = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any] | None]
"""A customer's score by a model now, as a run (`run`, `as_of`) scored: `score`, `band`, `decile`; None where it did not score them."""

SCORED = ("score", "band", "decile")


class NotScored(Exception):
    """The function failed; its own log says why."""


def scorer(lambdas: Any, function: str, events: Sequence[Mapping[str, Any]] = ()) -> Fresh:
    """Asks the function of that name with a client of Lambda, after those live events (`name`, `at`, `value`, `message_id`).

    What it gives raises `NotScored`.
    """

    def score(customer_id: str, model: str, by: Mapping[str, Any]) -> Mapping[str, Any] | None:
        run = {"run": by["run"], "as_of": by["as_of"]}
        asked = json.dumps({"customer_id": customer_id, "model": model, "events": list(events), **run}).encode()
        answered = lambdas.invoke(FunctionName=function, Payload=asked)
        if answered.get("FunctionError"):
            raise NotScored(f"the function that scores on demand failed for model {model}")
        found = json.loads(answered["Payload"].read())
        return {name: found[name] for name in SCORED} if found["status"] == "scored" else None

    return score


def scored(item: Mapping[str, Any], playbook: Playbook, fresh: Fresh) -> dict[str, Any]:
    """The customer's item with the scores of this moment, by the models that the playbook's actions ask for.

    Each is scored as the run did whose score stands on the item, since only approved runs bring theirs there: a newer one may wait for a
    person. A model of which nothing stands there is not asked.
    """
    held = named(item.get("scores"))
    models = dict.fromkeys(action.probability.model for action in playbook.actions)
    approved = {model: entry for model in models if "run" in (entry := named(held.get(model))) and "as_of" in entry}
    found = {model: fresh(str(item["customer_id"]), model, entry) for model, entry in approved.items()}
    return {**item, "scores": {**held, **{model: {**approved[model], **score} for model, score in found.items() if score is not None}}}
