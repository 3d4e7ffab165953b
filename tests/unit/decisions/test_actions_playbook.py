"""`playbook/actions.yaml`: what is read, and what is refused."""

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from omnichannel.playbook.actions import load, parsed
from omnichannel.playbook.digest import digest
from omnichannel.playbook.document import FOLDER, UnusablePlaybook
from omnichannel.playbook.experiments import parsed as experiments
from omnichannel.playbook.facts import FACTS
from stacks.decisions import checked
from stacks.settings import SettingsError
from tests.unit.decisions.shoppers import ACTION, TRIED

GOOD: dict[str, Any] = {
    "currency": "EUR", "timezone": "Europe/Berlin", "exploration": 0.1, "stock_floor": 3, "caps": [{"days": 1, "most": 1}],
    "channels": {"email": {"purpose": "marketing", "quiet_hours": {"from": "21:00", "until": "08:00"}, "caps": [{"days": 7, "most": 2}]}},
    "actions": {"a": {**ACTION, "campaign": "tried", "eligible": {"orders": {"at_least": 1}}, "items": "recommended"}},
}  # fmt: skip


def changed(path: str, value: Any) -> dict[str, Any]:
    content = deepcopy(GOOD)
    *parents, last = path.split(".")
    place = content
    for parent in parents:
        place = place.setdefault(parent, {}) if isinstance(place, dict) else place[int(parent)]
    place[last] = value
    return content


def test_this_apps_own_file_has_ready_made_actions_for_each_campaign():
    playbook = load()

    assert {"win-back", "renewal", "complement", "replenish", "welcome"} <= set(playbook.campaigns)
    assert playbook.digest == digest(FOLDER)
    assert all(action.channel in playbook.channels for action in playbook.actions)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("currency", "Euro", "currency is 'Euro'; expected three capitals"),
        ("timezone", "Mars/Olympus", "timezone is 'Mars/Olympus', which is no time zone"),
        ("exploration", 0.9, "exploration is 0.9; expected 0 to 0.5"),
        ("colour", 1, "actions.yaml has colour; expected some of currency"),
        ("caps", 3, "caps is 3; expected a list"),
        ("caps", [{"days": 90, "most": 1}], r"caps\[0\].days is 90; expected 1 to 60"),
        ("channels.fax", {}, "channels.fax is no channel; expected some of email, sms, push"),
        ("channels.email.purpose", "fun", "channels.email.purpose is 'fun'; expected one of marketing"),
        ("channels.email.purpose", ["fun"], "channels.email.purpose is .*'fun'.*; expected one of marketing"),
        ("channels.email.purpose", {}, "channels.email.purpose is {}; expected one of marketing"),
        ("channels.email.quiet_hours", {"from": "21:00"}, "quiet_hours.until is None; expected a time"),
        ("channels.email.quiet_hours", {"from": 1260, "until": "08:00"}, "quiet_hours.from is 1260; expected a time such as"),
        ("channels.email.quiet_hours", {"from": "25:00", "until": "08:00"}, "quiet_hours.from is '25:00'"),
        ("channels.email.quiet_hours", {"from": "08:00", "until": "08:00"}, "begins when it ends"),
        ("actions", {}, "actions are 0; expected 1 to 100"),
        ("actions.none", GOOD["actions"]["a"], "actions has one called 'none'"),
        ("actions.a.channel", "sms", "actions.a.channel is 'sms'; expected one of email"),
        ("actions.a.campaign", "", "actions.a.campaign is empty"),
        ("actions.a.campaign", "other", "experiments.trial.campaign is about 'tried', which no action belongs to; expected one of other"),
        ("actions.a.arm", "three", "actions.a.arm is 'three'; expected one of one, two, the arms of trial"),
        ("actions.a.arm", "control", "actions.a.arm is 'control'; expected one of one, two"),
        ("actions.a.probability", {"model": "luck"}, "probability.model is 'luck'; expected one of churn, repurchase"),
        ("actions.a.probability", {"model": "churn", "of": "none"}, "probability.of is 'none'; expected one of event, not_event"),
        ("actions.a.probability", None, "actions.a.probability is empty"),
        ("actions.a.value", {"of": "hope", "times": 1}, "value.of is 'hope'; expected one of average_order, item_price, or money"),
        ("actions.a.value", -1, "actions.a.value is -1; expected 0"),
        ("actions.a.weight", -1, "actions.a.weight is -1; expected 0 to 1000"),
        ("actions.a.items", "all", "actions.a.items is 'all'; expected one of recommended"),
        ("actions.a.cool_down_days", 90, "actions.a.cool_down_days is 90; expected 0 to 60"),
        ("actions.a.next", "b", "actions.a has next; expected some of campaign"),
        (
            "actions.a.eligible.ordres",
            {"at_least": 1},
            "actions.a.eligible asks for 'ordres', which is no fact; expected one such as orders",
        ),
        ("actions.a.eligible.orders", {"in": ["x"]}, "actions.a.eligible.orders.in is no comparison of it; expected at_least or at_most"),
        ("actions.a.eligible.orders", {"at_least": "1"}, "orders.at_least is '1'; expected a number"),
        ("actions.a.eligible.orders", {"at_least": -1}, "orders.at_least is -1; expected 0 to"),
        ("actions.a.eligible.orders", {"at_least": 3, "at_most": 1}, "at_least 3 is above at_most 1; nobody is in between"),
        ("actions.a.eligible.orders", {}, "actions.a.eligible.orders is empty"),
        ("actions.a.eligible.lifecycle", {"in": ["dead"]}, "lifecycle.in has dead; expected some of prospect"),
        ("actions.a.eligible.lifecycle", {"in": "new"}, "lifecycle.in is 'new'; expected a list of names"),
        ("actions.a.minimum_age", 99, "actions.a.minimum_age is 99; expected 0 to 65"),
        ("actions.a.countries", {"only": ["DE"], "not": ["FR"]}, "actions.a.countries has only, not; expected one of only and not"),
        ("actions.a.window", {"days": ["monday"]}, "actions.a.window.days has monday; expected some of mon, tue"),
        ("actions.a.suppressed_by", [], r"actions.a.suppressed_by is \[\]; expected a list of names"),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_what_would_work(path: str, value: Any, says: str):
    with pytest.raises(UnusablePlaybook, match=says):
        parsed(changed(path, value), experiments(TRIED))


def test_the_price_of_an_item_needs_items():
    content = changed("actions.a.items", "none")
    content["actions"]["a"]["value"] = {"of": "item_price", "times": 1}

    with pytest.raises(UnusablePlaybook, match="value is of item_price, but items is none"):
        parsed(content, experiments(TRIED))


def test_the_digest_changes_with_every_file(tmp_path: Path):
    shutil.copytree(FOLDER, tmp_path / "playbook")
    before = digest(tmp_path / "playbook")

    (tmp_path / "playbook" / "templates" / "welcome.email.j2").write_text("subject: other\nHello")

    assert digest(tmp_path / "playbook") != before == digest(FOLDER)


def test_a_deployment_with_a_broken_playbook_is_refused(tmp_path: Path):
    shutil.copytree(FOLDER, tmp_path / "playbook")
    actions = tmp_path / "playbook" / "actions.yaml"
    actions.write_text(actions.read_text().replace("churn_band: {in: [high]}", "churn_band: {in: [highest]}", 1))

    with pytest.raises(SettingsError, match=r"win-back-recommended.eligible.churn_band.in has highest; expected some of low, medium, high"):
        checked(tmp_path / "playbook")


def test_every_fact_is_explained_on_the_page():
    page = (FOLDER.parent / "docs" / "decisions.md").read_text()

    assert [name for name in FACTS if f"`{name}`" not in page] == []
