"""Rebuild the customer view, and train Personalize on it: two state machines, each followed to its end."""

from sandbox.cloud import Cloud
from sandbox.flow import executions
from sandbox.flow.progress import Tell

SECONDS = 900.0


def rebuild_view(cloud: Cloud, tell: Tell) -> dict[str, int]:
    """Identity links, customers and products from the lake; gives the counts that the function reports."""
    states = cloud.client("stepfunctions")
    arn = executions.start(states, cloud.deployment.view_state_machine, {})
    ended = executions.follow(states, arn, step="Customer view", seconds=SECONDS)
    tell(", ".join(f"{n:,} {name}" for name, n in ended.output.items() if isinstance(n, int)))
    return dict(ended.output)


def train_personalize(cloud: Cloud, tell: Tell) -> None:
    """Export interactions, import them and wait for the recommenders; says so where there is too little to learn from, or nothing."""
    if not cloud.deployment.personalize_state_machine:
        tell("off; popular products are shown instead")
        return
    states = cloud.client("stepfunctions")
    arn = executions.start(states, cloud.deployment.personalize_state_machine, {})
    ended = executions.follow(states, arn, step="Personalize", seconds=SECONDS, tell=lambda e: tell(e.status.lower())).output
    tell("recommenders active" if ended["ready"] else f"not trained, popular products are shown instead: {ended['reason']}")
