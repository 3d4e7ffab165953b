"""A playbook that tests may spoil, a shop with products, and customers."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from omnichannel.campaigns.messages import Message, Renderer
from omnichannel.contracts.decisions import Decision
from omnichannel.playbook.document import FOLDER

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
Spoil = Callable[[str, str, str], Path]


@pytest.fixture
def spoil(tmp_path: Path) -> Spoil:
    """Gives the playbook's folder with one text in one file replaced by another."""

    def spoiled(name: str, old: str, new: str) -> Path:
        folder = tmp_path / "playbook"
        if not folder.exists():
            shutil.copytree(FOLDER, folder)
        path = folder / name
        text = path.read_text() if path.exists() else ""
        assert old in text
        path.write_text(text.replace(old, new, 1) if old else new)
        return folder

    return spoiled


class Shop:
    """Products as they are now; counts how often they are read."""

    def __init__(self) -> None:
        self.products: dict[str, dict[str, Any]] = {}
        self.reads = 0
        for number in range(6):
            self.put(f"P{number}", name=f"Cup {number}")

    def put(self, product_id: str, **changes: Any) -> None:
        known = self.products.get(product_id, {"price": "12.90", "currency": "EUR", "active": True, "stock": 3})
        self.products[product_id] = {**known, **changes}

    def __call__(self, product_ids: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        self.reads += 1
        return {each: self.products[each] for each in product_ids if each in self.products}


@pytest.fixture
def shop() -> Shop:
    return Shop()


def decision(campaign: str = "win-back", **changes: Any) -> Decision:
    given = {"customer_id": "c_1", "at": NOW.isoformat(), "campaign": campaign, "items": ("P0", "P1"), "arms": {}}
    return Decision(**{**given, **changes})


def customer(**profile: Any) -> dict[str, Any]:
    known = {"first_name": "Ada", "language": "en", "timezone": "Europe/Berlin", **profile}
    return {"customer_id": "c_1", "profile": known, "aggregates": {"renews_at": "2026-11-30T23:30:00+00:00"}}


@pytest.fixture
def write(shop: Shop) -> Callable[..., Message]:
    """Writes a message by the app's own playbook at a fixed moment."""
    renderer = Renderer(products=shop, now=lambda: NOW)

    def written(template: str, channel: str = "email", *, item: dict[str, Any] | None = None, **changes: Any) -> Message:
        return renderer.render(template, channel, decision(template, **changes), customer() if item is None else item)

    return written
