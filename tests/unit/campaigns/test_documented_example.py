"""The example of docs/campaigns.md, added to a copy of the playbook as the page says: it passes the check and is written."""

import re
from pathlib import Path

from omnichannel.campaigns.check import check
from omnichannel.campaigns.messages import Renderer
from omnichannel.playbook.document import FOLDER
from tests.unit.campaigns.conftest import NOW, Shop, Spoil, customer, decision

PAGE = (FOLDER.parent / "docs" / "campaigns.md").read_text()
BLOCKS = re.findall(r"```\w+\n(?:# |\{# )playbook/(\S+)(?: #\})?\n(.*?)```", PAGE, re.DOTALL)


def with_example(spoil: Spoil) -> Path:
    folder = spoil("tokens.yaml", "language: en", "language: en")
    for name, text in BLOCKS:
        path = folder / name
        path.write_text((path.read_text().rstrip() + "\n" if path.exists() else "") + text)
    return folder


def test_the_example_fits_into_the_playbook(spoil: Spoil) -> None:
    before = check()

    found = check(with_example(spoil))

    assert [name for name, _ in BLOCKS] == ["campaigns.yaml", "experiments.yaml", "actions.yaml", "templates/second-order.email.j2"]
    assert (found.campaigns, found.actions, found.templates) == (before.campaigns + 1, before.actions + 1, before.templates + 1)


def test_the_example_says_what_the_page_says(spoil: Spoil, shop: Shop) -> None:
    renderer = Renderer(with_example(spoil), products=shop, now=lambda: NOW)

    message = renderer.render("second-order", "email", decision("second-order", arms={"second-order-voucher": "voucher"}), customer())

    assert message.subject == "Goes well with your first order"
    assert "- Cup 0, €12.90" in message.body
    assert "5% off, just for you." in message.body
