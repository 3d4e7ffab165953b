"""Says on the bus who was merged into whom, by our own ids: whoever keeps state of a customer moves it."""

import json
from collections.abc import Iterable

from omnichannel.aws.dynamodb import batches
from omnichannel.aws.telling import PutEvents, put
from omnichannel.contracts.events import IDENTITY_SOURCE, DetailType

ENTRIES = 10
"""Of PutEvents."""


def tell_merges(put_events: PutEvents, bus_name: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Told again, it is the same: who was merged, and the survivor; raises `NotTold`."""
    for lot in batches(pairs, ENTRIES):
        put(put_events, [_entry(bus_name, merged, survivor) for merged, survivor in lot])


def _entry(bus_name: str, merged: str, survivor: str) -> dict[str, object]:
    detail = json.dumps({"merged": merged, "customer_id": survivor})
    return {"EventBusName": bus_name, "Source": IDENTITY_SOURCE, "DetailType": DetailType.MERGED.value, "Detail": detail}
