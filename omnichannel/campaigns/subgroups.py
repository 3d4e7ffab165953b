"""Which subgroup of a campaign a customer is in: the arm of its experiment, else by the campaign's own shares; sticky either way."""

from collections.abc import Mapping
from typing import Any

from omnichannel.experiments.assignment import arm_at, position
from omnichannel.playbook.campaigns import Campaign
from omnichannel.playbook.experiments import ExperimentsPlaybook, salt_of

SUFFIX = "-subgroups"


def subgroup_of(campaign: Campaign, experiments: ExperimentsPlaybook, decision: Mapping[str, Any]) -> str:
    """The subgroup's name, empty for a campaign that is not split. `decision` has `customer_id`, and maybe `arms` by experiment."""
    if not campaign.subgroups:
        return ""
    customer_id, shares = str(decision["customer_id"]), campaign.shares
    if shares:
        return arm_at(position(salt_of(experiments.salt, f"{campaign.name}{SUFFIX}"), customer_id), shares)
    experiment = experiments.of_campaign(campaign.name)
    return str((decision.get("arms") or {}).get(experiment.name) or experiment.arm(customer_id))
