"""Who was drawn into an experiment, read from the log of decisions: the rule that keeps both arms alike.

A campaign's experiment is about those whom the campaign could have reached: at least one of its actions was allowed, or was refused by
nothing but the control group. That rule asks the same of a customer in either arm, so comparing the arms compares like with like, and
is not watered down by the many to whom the campaign never applied. The holdout is about everybody who was decided for.
"""

from collections.abc import Collection
from typing import Any

import pyarrow as pa

from omnichannel.contracts.decisions import Rule
from omnichannel.experiments.measure import EXPOSURE_SCHEMA
from omnichannel.experiments.result import Plan
from omnichannel.playbook.choices import Playbook
from omnichannel.playbook.experiments import CONTROL, HOLDOUT, IN, OUT, ExperimentsPlaybook, Metric
from omnichannel.transform.lake import Lake

DECISIONS = "decisions_once"
HOLDOUT_DAYS = 28
"""How long after a customer was first decided for the holdout's outcomes count."""

# The arm is the first that a customer was in: whoever draws anew starts another experiment.
_DRAWN = f"""
SELECT customer_id, arg_min(arm, as_of) AS arm, min(as_of)::TIMESTAMP AT TIME ZONE 'UTC' AS since
FROM (SELECT customer_id, as_of, refused, arms->>$experiment AS arm, arms->>'{HOLDOUT}' AS holdout FROM {DECISIONS})
WHERE arm IS NOT NULL AND ($everybody OR (holdout = '{IN}' AND list_bool_or(list_transform($actions, lambda action:
    coalesce(json_extract(refused, '$."' || action || '"')::VARCHAR IN ('[]', '["{Rule.CONTROL_GROUP}"]'), true)))))
GROUP BY customer_id
"""  # noqa: S608 - our own names


def names(playbook: Playbook) -> dict[str, str]:
    """What can be read out: the holdout, and the experiment of each campaign; by name, the campaign (empty for the holdout)."""
    return {HOLDOUT: "", **{playbook.experiments.of_campaign(campaign).name: campaign for campaign in playbook.campaigns}}


def plan_of(playbook: ExperimentsPlaybook, name: str, campaign: str) -> Plan:
    """What an experiment of the playbook set out to find."""
    if not campaign:
        share = playbook.holdout_share
        return Plan(
            name=HOLDOUT,
            arms={IN: 1 - share, OUT: share},
            control=OUT,
            metric=Metric.CONVERSION,
            window_days=HOLDOUT_DAYS,
            minimum_effect=0.01,
        )
    found = playbook.of_campaign(campaign)
    return Plan(
        name=name, arms=found.arms, control=CONTROL, metric=found.metric, window_days=found.window_days,
        minimum_effect=found.minimum_effect, alpha=found.alpha, power=found.power,
    )  # fmt: skip


def exposures(lake: Lake, experiment: str, actions: Collection[str]) -> pa.Table:
    """Everybody in the experiment, with arm and day (`EXPOSURE_SCHEMA`); `actions` are the campaign's, none for the holdout."""
    lake.build(DECISIONS)
    connection: Any = lake.connection
    asked = {"experiment": experiment, "everybody": not actions, "actions": sorted(actions)}
    rows = connection.execute(_DRAWN, asked).fetchall()
    return pa.Table.from_pylist([dict(zip(EXPOSURE_SCHEMA.names, row, strict=True)) for row in rows], schema=EXPOSURE_SCHEMA)
