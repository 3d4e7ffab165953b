"""Who was drawn into an experiment, read from the log of decisions: the rule that keeps both arms alike.

A campaign's experiment is about those whom the campaign could have reached: at least one of its actions was allowed, or was refused by
nothing but the control group. That rule asks the same of a customer in either arm, so comparing the arms compares like with like, and
is not watered down by the many to whom the campaign never applied. The holdout is about everybody who was decided for.
"""

from collections.abc import Callable, Collection
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

# What a playbook had to choose from is told by its own decisions: an action that is in none of them was not there to be allowed.
_DRAWN = f"""
WITH considered AS (
    SELECT DISTINCT playbook, unnest(list_append(json_keys(refused), action)) AS action FROM {DECISIONS}
), asked AS (
    SELECT playbook, list(action) AS actions FROM considered WHERE list_contains($actions, action) GROUP BY playbook
)
SELECT customer_id, arms->>$experiment AS arm, min(as_of)::TIMESTAMP AT TIME ZONE 'UTC' AS since
FROM {DECISIONS} LEFT JOIN asked USING (playbook)
WHERE arms->>$experiment IS NOT NULL AND ($everybody OR (arms->>'{HOLDOUT}' = '{IN}' AND list_bool_or(list_transform(asked.actions,
    lambda action: coalesce(json_extract(refused, '$."' || action || '"')::VARCHAR IN ('[]', '["{Rule.CONTROL_GROUP}"]'), true)))))
GROUP BY ALL
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


def arm_now(playbook: ExperimentsPlaybook, campaign: str) -> Callable[[str], str]:
    """Gives a customer's arm as the playbook draws it now; an empty campaign means the holdout."""
    if not campaign:
        return lambda customer_id: OUT if playbook.held_out(customer_id) else IN
    return playbook.of_campaign(campaign).arm


def exposures(lake: Lake, experiment: str, actions: Collection[str], arm_of: Callable[[str], str]) -> pa.Table:
    """Everybody in the experiment, with arm and day (`EXPOSURE_SCHEMA`); `actions` are the campaign's, none for the holdout.

    A customer counts from the first day in the arm that `arm_of` gives them now: what was decided under another salt or other shares
    belongs to another draw, in which most were elsewhere.
    """
    lake.build(DECISIONS)
    connection: Any = lake.connection
    asked = {"experiment": experiment, "everybody": not actions, "actions": sorted(actions)}
    rows = [row for row in connection.execute(_DRAWN, asked).fetchall() if row[1] == arm_of(row[0])]
    return pa.Table.from_pylist([dict(zip(EXPOSURE_SCHEMA.names, row, strict=True)) for row in rows], schema=EXPOSURE_SCHEMA)
