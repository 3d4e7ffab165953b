"""Users: whose endpoints there are, and forgetting them."""

from typing import Any

from sandbox.twins.pinpoint.endpoints import Endpoint
from sandbox.twins.store import Store


def take(endpoints: dict[str, Endpoint], user: str) -> list[dict[str, Any]]:
    """Takes the endpoints of a user out of those that are held, and gives them."""
    return [endpoints.pop(key) for key, each in list(endpoints.items()) if (each.get("User") or {}).get("UserId") == user]


def forget(store: Store, app: str, endpoints: set[str]) -> None:
    """Deletes the endpoints from the store, their places in imported segments, and what was sent to them."""
    for key in endpoints:
        store.delete(f"endpoint/{app}", key)
    for message in store.all(f"send/{app}"):
        if message["endpoint"] in endpoints:
            store.delete(f"send/{app}", message["id"])
    for segment in store.all(f"segment/{app}"):
        held = segment.get("Members", [])
        if endpoints & set(held):
            store.put(f"segment/{app}", segment["Id"], {**segment, "Members": [each for each in held if each not in endpoints]})
