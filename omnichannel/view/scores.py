"""Scores and segments on customers' items: of each model and kind the newest run, whichever comes last."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from omnichannel.aws.dynamodb import batch_get, batches, encode
from omnichannel.aws.transactions import ACTIONS, TRIES, Action, Contended, write_together

Scores = Mapping[str, Mapping[str, Any]]
"""By model: `score` (0 to 1), `band`, `decile`, `run`; by kind of segment: what it is, and `run`."""
SCORED, SEGMENTED = "scores", "customer_segments"
"""The attributes that hold them."""


@dataclass(frozen=True)
class Written:
    """How many customers' scores were written, were there already or newer ones, and how many customers have no item."""

    written: int
    kept: int
    unknown: int


def write_scores(
    dynamodb: Any, table: str, scored: Iterable[tuple[str, Scores]], *, as_of: str, at: str, attribute: str = SCORED
) -> Written:
    """Puts scores as of a date onto the items of those customers. What an item holds of a later date, or of the same run, stays.

    `as_of` is a date and `at` a time in UTC, both in ISO 8601. Only what differs is written, a hundred customers at a time.
    """
    lots = [_write_lot(dynamodb, table, lot, attribute, as_of=as_of, at=at) for lot in batches(scored, ACTIONS)]
    return Written(*(sum(counts) for counts in zip(*lots, strict=True))) if lots else Written(0, 0, 0)


def _write_lot(dynamodb: Any, table: str, lot: list[tuple[str, Scores]], attribute: str, *, as_of: str, at: str) -> tuple[int, int, int]:
    written = 0
    for _ in range(TRIES):
        keys = ({"customer_id": customer_id} for customer_id, _ in lot)
        held = {item["customer_id"]: item.get(attribute) for item in batch_get(dynamodb, table, keys, ("customer_id", attribute))}
        known = [(customer_id, scores) for customer_id, scores in lot if customer_id in held]
        due = list(_due(known, held, as_of))
        actions = [_action(table, attribute, customer_id, scores, held[customer_id], as_of, at) for customer_id, scores in due]
        refused = write_together(dynamodb, actions).places
        written += len(due) - len(refused)
        if not refused:
            return written, len(known) - written, len(lot) - len(known)
    raise Contended(len(refused))


def _due(known: Iterable[tuple[str, Scores]], held: Mapping[str, Any], as_of: str) -> Iterator[tuple[str, Scores]]:
    for customer_id, scores in known:
        before = held[customer_id] or {}
        newer = {model: score for model, score in scores.items() if _newer(score, before.get(model), as_of)}
        if newer:
            yield customer_id, newer


def _newer(score: Mapping[str, Any], before: Mapping[str, Any] | None, as_of: str) -> bool:
    return before is None or before["as_of"] < as_of or (before["as_of"] == as_of and before["run"] != score["run"])


def _action(table: str, attribute: str, customer_id: str, scores: Scores, held: Any, as_of: str, at: str) -> Action:
    """Sets the models' entries, if the item holds what was read of it: another run that was faster is not overwritten."""
    models = list(scores)
    entries = {model: {**_exact(score), "as_of": as_of, "at": at} for model, score in scores.items()}
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
    return {
        "Update": {
            "TableName": table,
            "Key": encode({"customer_id": customer_id}),
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": encode(values),
        }
    }


def _exact(score: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Decimal(str(value)) if isinstance(value, float) else value for name, value in score.items()}
