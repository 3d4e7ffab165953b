"""Which subgroup of a campaign a customer is in: the arm of its experiment, else by the campaign's own shares; sticky either way."""

from collections.abc import Mapping

from omnichannel.experiments.assignment import arm_at, position
from omnichannel.playbook.campaigns import Campaign
from omnichannel.playbook.experiments import ExperimentsPlaybook, salt_of

SUFFIX = "-subgroups"


def subgroup_of(campaign: Campaign, experiments: ExperimentsPlaybook, customer_id: str, arms: Mapping[str, str] | None = None) -> str:
    """The subgroup's name, empty for a campaign that is not split. `arms` are what a decision knows of the customer, by experiment."""
    if not campaign.subgroups:
        return ""
    if shares := campaign.shares:
        return arm_at(position(salt_of(experiments.salt, f"{campaign.name}{SUFFIX}"), customer_id), shares)
    experiment = experiments.of_campaign(campaign.name)
    return (arms or {}).get(experiment.name) or experiment.arm(customer_id)
