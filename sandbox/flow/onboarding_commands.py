"""The commands about landed files: `omni history`, `omni redrive`, `omni replay`. `register` adds them to `omni`."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from omnichannel.contracts.datasets import BY_NAME
from omnichannel.contracts.store import FileStatus
from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow.progress import Steps

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
OptionalKey = Annotated[str, typer.Argument(metavar="KEY", help="A key of the landing zone.")]
OfDataset = Annotated[str, typer.Option("--dataset", help="Such as sales/orders.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""

SHOWN = 50


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the commands to `omni`."""

    @app.command()
    def history(
        key: OptionalKey = "",
        dataset: OfDataset = "",
        status: Annotated[str, typer.Option(help="staged, committed, quarantined, failed or erased.")] = "",
        last: Annotated[int, typer.Option(help="Only so many of the newest.", min=1)] = SHOWN,
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
    ) -> None:
        """What became of landed files: the versions of a key, or the contents of a data set, or those in a status."""
        _known("dataset", dataset, BY_NAME)
        _known("status", status, [each.value for each in FileStatus])
        cloud = open_cloud(name, environment)
        from omnichannel.onboarding import history as kept

        dynamodb, table = cloud.client("dynamodb"), cloud.deployment.history_table
        if key:
            show_versions(console, cloud, key)
        else:
            items = sorted(kept.contents(dynamodb, table, dataset=dataset, status=status), key=lambda item: str(item["at"]))
            show_contents(console, items[-last:])

    @app.command()
    def redrive(
        key: OptionalKey = "",
        dataset: OfDataset = "",
        failed: Annotated[bool, typer.Option("--failed", help="Files with more bad rows than tolerated.")] = False,
        quarantined: Annotated[bool, typer.Option("--quarantined", help="Files of which some or all rows were refused.")] = False,
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
    ) -> None:
        """Take refused rows up again after a fix of contract, tolerance or code; what is trusted already comes no second time."""
        if not (key or dataset or failed or quarantined):
            raise SandboxError("Reading the options", "which files?", hint="omni redrive KEY, --dataset NAME, --failed or --quarantined")
        _known("dataset", dataset, BY_NAME)
        cloud = open_cloud(name, environment)
        from sandbox.flow.again import take_up, waiting

        files = waiting(cloud, key=key, dataset=dataset, statuses=_statuses(failed=failed, quarantined=quarantined))
        if not files:
            console.print("No refused rows wait there")
            return
        with Steps(console).step(f"Taking up {len(files)} files again") as tell:
            done = take_up(cloud, files, tell)
        for each in done:
            words = each.said.removeprefix(f"{each.key}: ") or f"{each.trusted:,} of {each.rows:,} refused rows are good now"
            console.print(f"  {each.key}: {words}", highlight=False, soft_wrap=True)
        if any(each.said for each in done):
            raise typer.Exit(1)

    @app.command()
    def replay(
        run: Annotated[str, typer.Argument(metavar="RUN", help="An activation run (or latest): what it could not deliver.")] = "",
        queue: Annotated[str, typer.Option("--queue", help="Part of a queue's name; all queues when left out.")] = "",
        name: Name = "default",
        environment: Environment = SANDBOX_ENVIRONMENT,
    ) -> None:
        """Send every dead letter once more to where it came from, or what an activation run could not deliver."""
        cloud = open_cloud(name, environment)
        if run:
            from sandbox.flow.activation_commands import replay_run

            if not replay_run(console, cloud, run):
                raise typer.Exit(1)
            return
        from sandbox.flow.replay import replay as send_again

        with Steps(console).step("Replaying dead letters") as tell:
            done = send_again(cloud, queue, tell)
            tell(", ".join(f"{count} from {label}" for label, count in done.items()) or "there are none")


def show_versions(console: Console, cloud: Cloud, key: str) -> None:
    """Every landing of a key with what became of that content, and of its redrives."""
    from omnichannel.onboarding import history, redrive

    dynamodb, table = cloud.client("dynamodb"), cloud.deployment.history_table
    known = history.versions(dynamodb, table, cloud.deployment.landing_bucket, key)
    if not known:
        raise SandboxError("Looking into the history", f"nothing ever landed as {key!r}", hint="omni history lists what did")
    rows = [
        {
            **each.to_dict(),
            "at": version.landed_at if not each.redrives else "",
            "key": f"version {number}" if not each.redrives else "redrive",
        }
        for number, version in enumerate(known, start=1)
        for each in redrive.chain(dynamodb, table, version.content_id)
    ]
    show_contents(console, rows)


def show_contents(console: Console, items: Iterable[Mapping[str, Any]]) -> None:
    """A line a content, oldest first."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("at", "status", "rows", "staged", "refused", "content", "key"):
        table.add_column(name, justify="right" if name in ("rows", "staged", "refused") else "left", overflow="fold")
    for item in items:
        refused = ", ".join(f"{int(n)} {reason}" for reason, n in sorted(item["quarantined"].items()))
        numbers = (f"{int(item['rows_in']):,}", f"{int(item['rows_staged']):,}", refused or "·")
        table.add_row(str(item["at"])[:19], str(item["status"]), *numbers, str(item["content_id"])[:12], str(item["key"]))
    console.print(table if table.row_count else "No file there.")


def _statuses(*, failed: bool, quarantined: bool) -> Collection[str]:
    if failed and not quarantined:
        return (FileStatus.FAILED,)
    if quarantined and not failed:
        return tuple(status for status in FileStatus if status is not FileStatus.FAILED)
    return tuple(FileStatus)


def _known(option: str, value: str, choices: Collection[str]) -> None:
    if value and value not in choices:
        raise SandboxError("Reading the options", f"there is no {option} {value!r}", hint=f"one of {', '.join(choices)}")
