"""Scores and segments on customers' items: of each model and kind the newest run, whichever comes last."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from omnichannel.aws.dynamodb import batch_get, batches, encode
from omnichannel.aws.transactions import ACTIONS, TRIES, Action, Contended, write_together
from omnichannel.contracts.store import IN_SEGMENT

Scores = Mapping[str, Mapping[str, Any]]
"""By model: `score` (0 to 1), `band`, `decile`, `run`; by kind of segment: what it is, and `run`."""
Stamp = Mapping[str, str]
"""What an entry says beside them: `as_of`, `at`, and the run's `order` where it is known."""
SCORED, SEGMENTED = "scores", "customer_segments"
"""The attributes that hold them."""
BEHAVIOUR = "behaviour"
"""The kind of segment that what customers do puts them into."""


@dataclass(frozen=True)
class Written:
    """How many customers' scores were written, were there already or newer ones, and how many customers have no item."""

    written: int
    kept: int
    unknown: int


def write_scores(
    dynamodb: Any, table: str, scored: Iterable[tuple[str, Scores]], *, as_of: str, at: str, attribute: str = SCORED, order: str = ""
) -> Written:
    """Puts scores as of a date onto the items of those customers. What an item holds of a later date, or of the same run, stays; so
    does, of one date, what a run of a greater `order` has brought (`omnichannel.contracts.scores.activation_order`; empty: not known).

    `as_of` is a date and `at` a time in UTC, both in ISO 8601. Only what differs is written, a hundred customers at a time.
    """
    stamp = {"as_of": as_of, "at": at, **({"order": order} if order else {})}
    lots = [_write_lot(dynamodb, table, lot, attribute, stamp) for lot in batches(scored, ACTIONS)]
    return Written(*(sum(counts) for counts in zip(*lots, strict=True))) if lots else Written(0, 0, 0)


def _write_lot(dynamodb: Any, table: str, lot: list[tuple[str, Scores]], attribute: str, stamp: Stamp) -> tuple[int, int, int]:
    written = 0
    for _ in range(TRIES):
        keys = ({"customer_id": customer_id} for customer_id, _ in lot)
        held = {item["customer_id"]: item.get(attribute) for item in batch_get(dynamodb, table, keys, ("customer_id", attribute))}
        known = [(customer_id, scores) for customer_id, scores in lot if customer_id in held]
        due = list(_due(known, held, stamp))
        actions = [_action(table, attribute, customer_id, scores, held[customer_id], stamp) for customer_id, scores in due]
        refused = write_together(dynamodb, actions).places
        written += len(due) - len(refused)
        if not refused:
            return written, len(known) - written, len(lot) - len(known)
    raise Contended(len(refused))


def _due(known: Iterable[tuple[str, Scores]], held: Mapping[str, Any], stamp: Stamp) -> Iterator[tuple[str, Scores]]:
    for customer_id, scores in known:
        before = held[customer_id] or {}
        newer = {model: score for model, score in scores.items() if _newer(score, before.get(model), stamp)}
        if newer:
            yield customer_id, newer


def _newer(score: Mapping[str, Any], before: Mapping[str, Any] | None, stamp: Stamp) -> bool:
    if before is None or before["as_of"] < stamp["as_of"]:
        return True
    overtaken = "order" in stamp and before.get("order", "") > stamp["order"]
    return bool(before["as_of"] == stamp["as_of"] and before["run"] != score["run"] and not overtaken)


def _action(table: str, attribute: str, customer_id: str, scores: Scores, held: Any, stamp: Stamp) -> Action:
    """Sets the models' entries, if the item holds what was read of it: another run that was faster is not overwritten.

    The name of a behaviour segment goes with them as the attribute that the index of segments has as its key.
    """
    models = list(scores)
    entries = {model: {**_exact(score), **stamp} for model, score in scores.items()}
    names = {"#scores": attribute, **{f"#m{n}": model for n, model in enumerate(models)}}
    if held is None:
        update, condition, values = (
            "SET #scores = :all",
            "attribute_exists(customer_id) AND attribute_not_exists(#scores)",
            {":all": entries},
        )
        names = {"#scores": attribute}
    else:
        update = "SET " + ", ".join(f"#scores.#m{n} = :m{n}" for n in range(len(models)))
        values = {f":m{n}": entries[model] for n, model in enumerate(models)}
        unchanged = [
            f"#scores.#m{n} = :h{n}" if model in held else f"attribute_not_exists(#scores.#m{n})" for n, model in enumerate(models)
        ]
        condition = "attribute_exists(#scores) AND " + " AND ".join(unchanged)
        values |= {f":h{n}": held[model] for n, model in enumerate(models) if model in held}
    named = _named(scores) if attribute == SEGMENTED else ""
    return {
        "Update": {
            "TableName": table,
            "Key": encode({"customer_id": customer_id}),
            "UpdateExpression": f"{update}, #in = :in" if named else update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {**names, "#in": IN_SEGMENT} if named else names,
            "ExpressionAttributeValues": encode({**values, ":in": named} if named else dict(values)),
        }
    }


def _named(segments: Scores) -> str:
    """The name of the behaviour segment; empty where these entries have none, since no key of an index may be empty."""
    return str(segments.get(BEHAVIOUR, {}).get("name") or "")


def _exact(score: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Decimal(str(value)) if isinstance(value, float) else value for name, value in score.items()}
