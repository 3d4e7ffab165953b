"""`omni events`: play what the bus's archive holds to every consumer again."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError
from rich.console import Console

from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow.waiting import until

STEP = "Replay of events"
LONGEST_SECONDS = 3600.0
ENDED = ("COMPLETED", "CANCELLED", "FAILED")

From = Annotated[str, typer.Option("--from", help="The first moment, such as 2026-03-01T10:00; in UTC where it says no other zone.")]
To = Annotated[str, typer.Option("--to", help="The moment after the last.")]
Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]


def register(app: typer.Typer, console: Console, open_cloud: Callable[[str, str], Cloud]) -> None:
    """Adds the commands to `omni`."""
    group = typer.Typer(no_args_is_help=True, help="Live events on the bus.")

    @group.command("replay")
    def again(first: From, end: To, name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Play the archived events of a time to every consumer; what had arrived counts once."""
        cloud = open_cloud(name, environment)
        started = start(cloud.client("events"), cloud.deployment.event_archive, moment(first, "--from"), moment(end, "--to"))
        console.print(f"{started}: {follow(cloud.client('events'), started)}", highlight=False)

    app.add_typer(group, name="events")


def moment(text: str, option: str) -> datetime:
    """An aware time; raises `SandboxError`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SandboxError(STEP, f"{option} {text!r:.40} is no moment", hint="such as 2026-03-01T10:00") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def start(events: Any, archive_arn: str, first: datetime, end: datetime) -> str:
    """Begins the replay onto the bus that the archive is of, and gives its name; raises `SandboxError`."""
    if first >= end:
        raise SandboxError(STEP, f"--to {end.isoformat()} is not after --from {first.isoformat()}", hint="the first moment, then the last")
    name = f"omni-{first:%Y%m%dT%H%M%S}-{time.time_ns() // 1_000_000_000}"
    try:
        bus = events.describe_archive(ArchiveName=archive_arn.rpartition("/")[2])["EventSourceArn"]
        events.start_replay(ReplayName=name, EventSourceArn=archive_arn, EventStartTime=first, EventEndTime=end, Destination={"Arn": bus})
    except ClientError as refused:
        raise SandboxError(STEP, refused.response["Error"]["Message"], hint="omni status shows what is deployed") from refused
    return name


def follow(events: Any, name: str) -> str:
    """Waits for the replay's end and says how it ended; raises `SandboxError` when it failed."""
    found = until(
        lambda: events.describe_replay(ReplayName=name),
        lambda replay: replay["State"] in ENDED,
        step=STEP,
        seconds=LONGEST_SECONDS,
        describe=lambda replay: f"{name} is {replay['State'].lower()}",
        hint="it goes on without this command: aws events describe-replay",
    )
    if found["State"] == "FAILED":
        raise SandboxError(STEP, found.get("StateReason", "no reason given"), hint="aws events describe-replay")
    return str(found["State"]).lower()
