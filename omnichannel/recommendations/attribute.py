"""A customer's attribute `recommended`: conditional writes, only on items that exist and say something else."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from omnichannel.aws.dynamodb import Item, batch_get, encode
from omnichannel.aws.transactions import TRIES, Action, Contended, write_together

RECOMMENDED = "recommended"
_READ = ("customer_id", "customer", "consents", RECOMMENDED)
Attribute = Callable[[Item], Mapping[str, Any] | None]
"""What the attribute shall be, of an item as it was read; None takes it away."""


def write_recommended(dynamodb: Any, table: str, customer_ids: Iterable[str], wanted: Attribute) -> int:
    """Gives each of the customers, at most `ACTIONS`, the attribute that is `wanted` of the item as it was read.

    Gives how many items were written: those that exist and say something else. Raises `Contended`.
    """
    asked, written = list(customer_ids), 0
    for _ in range(TRIES):
        held = list(batch_get(dynamodb, table, ({"customer_id": customer_id} for customer_id in asked), _READ))
        due = list(_due(table, held, wanted))
        refused = write_together(dynamodb, due).places
        written += len(due) - len(refused)
        if not refused:
            return written
    raise Contended(len(refused))


def _due(table: str, held: Iterable[Item], wanted: Attribute) -> Iterator[Action]:
    for item in held:
        if "customer" in item:
            continue  # merged into another customer since
        new = wanted(item)
        if _content(item.get(RECOMMENDED)) != _content(new):
            yield _action(table, item, new)


def _action(table: str, item: Item, wanted: Mapping[str, Any] | None) -> Action:
    """Sets or removes, if the item still holds the consents and the recommendations that were read."""
    compared = {"consents": item.get("consents"), RECOMMENDED: item.get(RECOMMENDED)}
    values = {f":{name}": value for name, value in compared.items() if value is not None} | ({":new": wanted} if wanted else {})
    unchanged = (f"#{name} = :{name}" if value is not None else f"attribute_not_exists(#{name})" for name, value in compared.items())
    return {
        "Update": {
            "TableName": table,
            "Key": encode({"customer_id": item["customer_id"]}),
            "UpdateExpression": f"SET #{RECOMMENDED} = :new" if wanted else f"REMOVE #{RECOMMENDED}",
            "ConditionExpression": " AND ".join(("attribute_exists(customer_id)", *unchanged)),
            "ExpressionAttributeNames": {f"#{name}": name for name in compared},
            "ExpressionAttributeValues": encode(values),
        }
    }


def _content(recommended: Any) -> Any:
    return recommended and {name: value for name, value in recommended.items() if name != "at"}
