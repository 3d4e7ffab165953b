"""`omni score customer CUSTOMER`: one customer's score now, by the deployed function. `register` adds it to `omni`."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from omnichannel.contracts.events import EventName
from omnichannel.contracts.scores import Model
from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow.who import Who, our_id

GROUP = "score"

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Which = Annotated[Model, typer.Option("--model", help="Whose propensity.")]
After = Annotated[
    list[EventName] | None, typer.Option("--after", help="An event that has just happened, such as 'Product Viewed'; may be repeated.")
]
Value = Annotated[float | None, typer.Option("--value", help="The amount of those events, of an order say.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the command to the group `score`, which is made when `omni` has none."""
    group = next((found.typer_instance for found in app.registered_groups if found.name == GROUP), None)
    if group is None:
        group = typer.Typer(no_args_is_help=True, help="Scores of customers.")
        app.add_typer(group, name=GROUP)

    @group.command()
    def customer(
        who: Who,
        model: Which = Model.CHURN,
        after: After = None,
        value: Value = None,
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
    ) -> None:
        """One customer's score now, from last night's features and what has happened since, as JSON."""
        now = datetime.now(UTC).isoformat()
        events = [{"name": event.value, "at": now, "value": value, "message_id": f"omni-{n}"} for n, event in enumerate(after or ())]
        cloud = open_cloud(name, environment)
        console.print_json(json.dumps(score_customer(cloud, our_id(cloud, who), model, events)))


def score_customer(cloud: Cloud, customer: str, model: Model, events: list[dict[str, Any]]) -> dict[str, Any]:
    """The function's answer; raises `SandboxError` with its error's name and words."""
    answered = cloud.client("lambda").invoke(
        FunctionName=cloud.deployment.score_customer_function,
        Payload=json.dumps({"customer_id": customer, "model": model.value, "events": events}).encode(),
    )
    answer: dict[str, Any] = json.loads(answered["Payload"].read())
    if answered.get("FunctionError"):
        raise SandboxError(
            "Scoring a customer", f"{answer.get('errorType')}: {answer.get('errorMessage')}", hint="omni logs score_customer"
        )
    return answer
