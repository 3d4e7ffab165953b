"""`omni campaigns`: what marketing sees of its own files, and of a customer's message."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from omnichannel.aws import clients
from omnichannel.playbook.campaigns import campaigns_playbook
from sandbox.errors import SandboxError
from sandbox.flow import campaign_commands
from tests.integration.campaigns.conftest import CUSTOMERS, PRODUCTS, Retailer

app = typer.Typer()


@pytest.fixture(autouse=True)
def commands() -> None:
    deployment = SimpleNamespace(customers_table=CUSTOMERS, products_table=PRODUCTS)
    cloud: Any = SimpleNamespace(client=clients.client, deployment=deployment)
    app.registered_groups.clear()
    campaign_commands.register(app, Console(width=200), lambda name, environment: cloud)


def said(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["campaigns", *arguments])
    if result.exception:
        raise result.exception
    return result.output


def test_list_names_every_campaign_and_says_that_all_fit_together() -> None:
    output = said("list")

    assert all(name in output for name in campaigns_playbook())
    assert "all fit together" in output


def test_show_tells_goal_control_subgroups_and_actions() -> None:
    found = json.loads(said("show", "win-back", "--json"))

    assert found["goal"] == "win-back"
    assert found["control"] == 0.1
    assert found["subgroups"]["voucher"] == {"share": 0.45, "offer": "10%"}
    assert found["actions"]["win-back-voucher"] == "win-back.email"


def test_a_preview_for_somebody_made_up_has_every_subgroup_and_the_size_of_a_text_message() -> None:
    output = said("preview", "welcome", "--channel", "sms")

    assert "welcome by sms, tips" in output
    assert "welcome by sms, voucher" in output
    assert "of 800 characters, 1 × GSM-7" in output


def test_a_preview_in_another_language() -> None:
    assert "Guten Tag Ada" in said("preview", "renewal", "--channel", "email", "--language", "de")


def test_a_preview_for_a_customer_has_their_words_and_live_products(retailer: Retailer) -> None:
    retailer.product("P1", stock=0)
    retailer.product("P2", name="Tea Tin", price="8.50")
    retailer.customer("c_1", profile={"first_name": "Zoë", "language": "en"}, recommended={"items": ["P1", "P2"]})

    output = said("preview", "win-back", "--channel", "email", "--customer", "c_1")

    assert "Hi Zoë," in output
    assert "- Tea Tin, €8.50" in output
    assert "Cup P1" not in output


def test_a_preview_for_somebody_without_recommendations_has_popular_products(retailer: Retailer) -> None:
    retailer.product("#popular", items=["P2"])
    retailer.customer("c_1")

    assert "Cup P2" in said("preview", "win-back", "--channel", "sms", "--customer", "c_1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "wonder"], "there is no campaign 'wonder'"),
        (["preview", "look-alike"], "says nothing to customers"),
        (["preview", "welcome", "--channel", "fax"], "has no template for 'fax'"),
        (["preview", "welcome", "--customer", "c_nobody"], "nobody is known by 'c_nobody'"),
    ],
)
def test_what_cannot_be_shown_says_why(retailer: Retailer, arguments: list[str], message: str) -> None:
    with pytest.raises(SandboxError, match=message):
        said(*arguments)
