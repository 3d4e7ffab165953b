"""`omni personalize plan | apply | status | destroy`: its life cycle, the cost first. `register` adds them to `omni`."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError
from rich.console import Console

from omnichannel.contracts import zones
from omnichannel.contracts.recommendations import INTERACTIONS, USERS, TrainingData
from omnichannel.playbook.document import UnusablePlaybook
from omnichannel.playbook.personalize import load
from omnichannel.recommendations.lifecycle.look import look
from omnichannel.recommendations.lifecycle.plan import plan
from omnichannel.recommendations.lifecycle.things import Existing, Kind, Step, Verb, Wanted
from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.errors import SandboxError
from sandbox.flow import executions
from sandbox.flow.personalize_costs import Cost, costs, runs_a_month
from sandbox.flow.progress import Steps, Tell
from sandbox.personalize_takedown import stop_runs, take_down

SECONDS = 24 * 3600.0
SAMPLE = 64 * 1024
"""Bytes of a data set that are read to tell how many rows it has."""

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]

Open = Callable[[str, str], Cloud]
"""Gives the cloud by the name of a sandbox and the environment."""


def register(app: typer.Typer, console: Console, open_cloud: Open) -> None:
    """Add the group `personalize` to `omni`."""
    group = typer.Typer(no_args_is_help=True, help="What Personalize makes of playbook/personalize.yaml, and what that costs.")
    app.add_typer(group, name="personalize")

    def say(lines: list[str]) -> None:
        for line in lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    @group.command("plan")
    def plan_(name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """What it costs a month and each run, and what the next run would make, change and delete. Changes nothing."""
        say(planned(open_cloud(name, environment)))

    @group.command()
    def apply(yes: Yes = False, name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Run the life cycle once: export, import, train, make and switch; says where it is until it ends, which takes hours on AWS."""
        cloud = open_cloud(name, environment)
        say(planned(cloud))
        if not (yes or cloud.sandboxed):
            typer.confirm(f"Run this in {cloud.where}?", abort=True)
        with Steps(console).step("Personalize") as tell:
            ended = applied(cloud, tell)
        say(ended)

    @group.command()
    def status(name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """What there is, how it stands, and by which metrics."""
        say(standing(open_cloud(name, environment)))

    @group.command()
    def destroy(yes: Yes = False, name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
        """Stop a run that is under way, take away campaigns, solutions, recommenders and filters, and wait until they are gone.

        Imported data and the tracker stay. The next run makes anew what the playbook asks for.
        """
        cloud = open_cloud(name, environment)
        _group(cloud)
        if not (yes or cloud.sandboxed):
            typer.confirm(f"Delete everything that Personalize was taught in {cloud.where}?", abort=True)
        with Steps(console).step("Personalize") as tell:
            tell("removed " + destroyed(cloud, tell))
        say([f"The next run ({_wanted().retrain}, where schedules are on) makes it anew, unless playbook/personalize.yaml asks for less."])


def planned(cloud: Cloud) -> list[str]:
    """The cost, then the steps of a run that begins now, without filters that are well; raises `SandboxError` where Personalize is off."""
    wanted, existing = _wanted(), look(cloud.client("personalize"), _group(cloud))
    lines = costs(wanted, interactions=rows(cloud, INTERACTIONS), users=rows(cloud, USERS))
    steps = plan(wanted, existing, datetime.now(UTC))
    worth = (each for each in steps if each.kind is not Kind.FILTER or each.verb is not Verb.KEEP)
    batch = [f"recommend for e-mail: {wanted.email.items} items a customer, in one batch"] if wanted.email.made else []
    return [*_bill(lines, wanted), "", "The next run:", *(f"  {line}" for line in (*map(_next, worth), *batch))]


def applied(cloud: Cloud, tell: Tell) -> list[str]:
    """Runs the state machine to its end; gives how everything stands then."""
    states, machine = cloud.client("stepfunctions"), cloud.deployment.personalize_state_machine
    arn = executions.start(states, machine, {})
    ended = executions.follow(
        states, arn, step="Personalize", seconds=SECONDS, tell=lambda e: tell(_where(states, e)), hint="omni logs PersonalizeSetup"
    ).output
    if not ended["ready"]:
        raise SandboxError("Personalize", ended["reason"], hint="omni personalize status")
    tell("everything stands as the playbook asks" if not ended["reason"] else ended["reason"])
    return [*(f"  {note}" for note in ended.get("notes", ()))]


def destroyed(cloud: Cloud, tell: Tell) -> str:
    """Takes everything away, after stopping what would make it anew; says how much of what went."""
    removed = Counter[str]()
    stop_runs(cloud.client("stepfunctions"), cloud.deployment.personalize_state_machine, tell=tell)
    take_down(cloud.client("personalize"), _group(cloud), count=lambda kind, n: removed.update({kind: n}), tell=tell, pause=_pause(cloud))
    return ", ".join(f"{n} {kind}" for kind, n in removed.items() if n) or "nothing"


def standing(cloud: Cloud) -> list[str]:
    """A line for each thing, and for each solution the versions with their metrics."""
    existing = look(cloud.client("personalize"), _group(cloud))
    lines = [_line("recommender", each.name, each.status, each.reason) for each in existing.recommenders.values()]
    for solution in existing.solutions.values():
        lines.append(_line("solution", solution.name, solution.status, "automatic training is on" if solution.automatic else ""))
        lines += [
            f"    {_version(each.arn)} {each.status} {each.created:%Y-%m-%d %H:%M} {each.reason}".rstrip() for each in solution.versions
        ]
        lines += _measured(cloud, existing, solution.name)
    for campaign in existing.campaigns.values():
        serves = f"serves {_version(campaign.version)}, least_tps {campaign.least_tps}"
        lines.append(_line("campaign", campaign.name, campaign.status, campaign.reason or serves))
    lines += [_line("filter", each.name, each.status, each.reason or each.expression) for each in existing.filters.values()]
    return lines or ["Nothing is made yet; omni personalize plan says what would be."]


def rows(cloud: Cloud, data: TrainingData) -> int:
    """About how many rows the exported data set has, from its size and its first rows; 0 before the first export."""
    s3, where = cloud.client("s3"), {"Bucket": cloud.deployment.lake_bucket, "Key": zones.personalize_file(data.folder)}
    try:
        size = s3.head_object(**where)["ContentLength"]
        head = s3.get_object(**where, Range=f"bytes=0-{SAMPLE - 1}")["Body"].read() if size else b""
    except ClientError as missing:
        if missing.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        return 0
    _, _, body = head.partition(b"\n")
    return round((size - len(head) + len(body)) * body.count(b"\n") / len(body)) if body else 0


def _bill(lines: list[Cost], wanted: Wanted) -> list[str]:
    idle, run, often = sum(each.idle for each in lines), sum(each.run for each in lines), runs_a_month(wanted.retrain)
    runs = f", {often * run:.2f} for {often:.1f} runs a month by {wanted.retrain}" if often else f", at {wanted.retrain}"
    told = [f"  {each.what:<32} {each.idle:>9.2f} {each.run:>9.2f}  {each.note}" for each in lines]
    head = "List prices of us-east-1 in US dollars, free tiers left out; check them before you rely on them."
    return [head, f"  {'':<32} {'a month':>9} {'each run':>9}", *told, f"  {'together':<32} {idle:>9.2f} {run:>9.2f}{runs}"]


def _next(step: Step) -> str:
    if step.kind is Kind.CAMPAIGN and step.verb is Verb.KEEP and not step.why:
        return f"{step}, and switch it to what is trained unless that is worse"
    return str(step)


def _measured(cloud: Cloud, existing: Existing, name: str) -> list[str]:
    best = existing.solutions[name].best()
    if best is None:
        return []
    found = cloud.client("personalize").get_solution_metrics(solutionVersionArn=best.arn)["metrics"]
    return ["    " + ", ".join(f"{metric} {value:.4f}" for metric, value in sorted(found.items()))]


def _line(kind: str, name: str, status: str, more: str) -> str:
    return f"{kind:<12} {name:<22} {status:<10} {more}".rstrip()


def _version(arn: str) -> str:
    return arn.rpartition("/")[2]


def _where(states: Any, execution: executions.Execution) -> str:
    """The state that was entered last."""
    for event in states.get_execution_history(executionArn=execution.arn, reverseOrder=True, maxResults=20)["events"]:
        if entered := event.get("stateEnteredEventDetails"):
            return str(entered["name"])
    return execution.status.lower()


def _pause(cloud: Cloud) -> Callable[[float], None]:
    """Waits as long as the cloud is worth it: what takes minutes on AWS is gone at once in a sandbox."""
    from time import sleep

    return (lambda _: sleep(0.2)) if cloud.sandboxed else sleep


def _wanted() -> Wanted:
    try:
        return load()
    except UnusablePlaybook as wrong:
        raise SandboxError("Reading the playbook", str(wrong), hint="docs/personalize.md explains every word") from wrong


def _group(cloud: Cloud) -> str:
    group = cloud.deployment.personalize_dataset_group
    if not group:
        raise SandboxError("Personalize", f"it is off in {cloud.environment}", hint="deploy with personalize=on")
    return group
