"""`omni`: the personalization loop on a laptop, step by step or in one go."""

import sandbox.interrupts  # noqa: F401 - first: what follows takes a second, and Ctrl-C may hit it

# isort: split
import os
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from sandbox import console as output
from sandbox import custom_resources, launcher
from sandbox.cdk import node_folder
from sandbox.cloud import SANDBOX_ENVIRONMENT, Cloud
from sandbox.flow import (
    activation_commands,
    campaign_commands,
    commands,
    decision_commands,
    event_commands,
    experiment_commands,
    feature_commands,
    identity_commands,
    model_commands,
    on_demand_commands,
    onboarding_commands,
    personalize_commands,
    privacy_commands,
    quality_commands,
    review_commands,
    scoring_commands,
    segment_commands,
    shop_commands,
    table_commands,
    trigger_commands,
    validate_commands,
    view_commands,
)
from sandbox.flow.progress import Steps
from sandbox.state import directory_of

HELP = """The personalization loop, on your own machine: no AWS account, no Docker.

[bold]In one go[/bold]

  omni demo              deploy, make a shop, score everybody, deliver, report
  omni demo --landing DIR --as-of 2026-11-01 --out out
                         the same over your own files

[bold]Step by step[/bold]

  omni up                start the laptop cloud: seconds, and it is empty
  omni deploy            put the app into it, the one that goes to AWS
  omni migrate           create or evolve the trusted tables
  omni generate --out D  make a shop's landing files, bad records included
  omni datasets [NAME]   what may land, and what every column must hold
  omni validate FILE     what onboarding would refuse of a file, and what would work
  omni load D            land them and wait for onboarding
  omni rebuild view      who is who, and every customer's item
  omni train --as-of DAY tune, fit and evaluate both models
  omni score --as-of DAY every customer's score, and the audiences
  omni score customer CUSTOMER
                         one customer's score now; --after 'Product Viewed' as if that had just happened
  omni run --as-of DAY   all that, and activate; trains where no model is approved, or with --train
  omni activations show  what was delivered where, and why not; omni replay RUN sends what failed
  omni scores list       what waits for a person's approval, and who decided; review, approve, reject
  omni decide CUSTOMER   what to say to a customer now; --explain why, and why not the rest
  omni playbook check    whether marketing's files fit together
  omni model [NAME]      the model in use, beside the simple rules, and its history
  omni triggers list     rules of live segments; backtest RULE on history, show CUSTOMER
  omni segments          customer segments: sizes, names, why so many, who moved
  omni personalize plan  what Personalize would make, and what that costs; apply, status, destroy
  omni shop              a storefront to click in, and what becomes of every click
  omni inspect W         what a twin received, such as segment/delivered
  omni campaigns list    what is said and for which goal; show NAME, preview NAME
  omni sources           who sends what, and who has fallen silent
  omni events replay     play the bus's archive of some hours to every consumer again
  omni quality           check the rules of data quality over the lake
  omni features [NAME]   what customers are described by, and what drives the models
  omni query NAME        a saved query, the one that Athena has
  omni identity          who is who: customers, refusals, what the next rebuild changes
  omni explain customer CUSTOMER
                         why a customer is one
  omni status            what ran, what waits, what failed
  omni logs stage_file   what a function says; -f goes on listening
  omni sync stage_file   changed code of a function, in seconds
  omni erase CUSTOMER    forget a person everywhere, with a certificate
  omni export CUSTOMER   everything that is held about a person
  omni destroy           take the app down, in the sandbox or in AWS
  omni down              stop the sandbox; --wipe forgets it

CUSTOMER is our id (now or formerly), the retailer's own (C100001 or ref:C100001), a loyalty card or an e-mail address.
Every command takes [bold]--name[/bold] for a second sandbox beside the first. A failure says the step, the reason, the log and what to try.
"""

app = typer.Typer(
    name="omni", help=HELP, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False
)
console = output.of_output()
errors = Console(stderr=True)

Name = Annotated[str, typer.Option("--name", help="Which sandbox.", envvar="OMNI_SANDBOX")]
Environment = Annotated[str, typer.Option("--environment", help="sandbox, or dev | staging | prod in the AWS account of your credentials.")]
FunctionName = Annotated[str, typer.Argument(metavar="FUNCTION", help="Such as StageFile or stage_file.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")]


@app.callback()
def options(debug: Debug = False) -> None:
    """Options of every command; `main` reads --debug itself, because a failure is told outside of typer."""


def cloud_of(name: str, environment: str = SANDBOX_ENVIRONMENT) -> Cloud:
    """The cloud that a command means, with this process pointed at it. Raises SandboxError when the sandbox does not run."""
    cloud = Cloud.of_sandbox(launcher.running(directory_of(name))) if environment == SANDBOX_ENVIRONMENT else Cloud.of_aws(environment)
    cloud.enter()
    return cloud


@app.command()
def up(
    name: Name = "default",
    port: Annotated[int | None, typer.Option(help="Port of the AWS endpoint on 127.0.0.1; a free one when left out.")] = None,
    twin_port: Annotated[int | None, typer.Option(help="Port of the twins on 127.0.0.1; a free one when left out.")] = None,
) -> None:
    """Start the laptop cloud, or keep the one that runs; one that was stopped or killed starts empty."""
    start(Steps(console), name, port, twin_port)


def start(steps: Steps, name: str, port: int | None = None, twin_port: int | None = None) -> launcher.Started:
    """The step of `up`, for every command that begins with it."""
    with steps.step("Starting the sandbox") as tell:
        started = launcher.up(directory_of(name), port=port, twin_port=twin_port)
        if started.fresh:
            custom_resources.install(started.sandbox)
        was = "fresh and empty; the one before it had ended" if started.replaced else "fresh and empty"
        tell(f"{started.sandbox.endpoint} ({was if started.fresh else 'ran already'})")
    return started


@app.command()
def deploy(name: Name = "default") -> None:
    """Put the app into the running sandbox, by the real CDK command line; again, to change what changed."""
    put(Steps(console), name)


def put(steps: Steps, name: str) -> None:
    """The step of `deploy`, for every command that needs the app in place."""
    from sandbox.deploy import deploy as deploy_app
    from sandbox.flow.twins import connect_segment

    with steps.step("Deploying the app") as tell:
        done = deploy_app(directory_of(name), tell=tell, on_progress=output.deployment(tell, every_resource=console.is_terminal))
        connect_segment(cloud_of(name))
        tell(f"{done.stacks} stacks (synth {done.synth_seconds:.0f} s, deploy {done.deploy_seconds:.0f} s)")


@app.command()
def migrate(name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
    """Create or evolve the trusted tables; nothing to do is no error."""
    evolve(Steps(console), cloud_of(name, environment))


def evolve(steps: Steps, cloud: Cloud) -> None:
    """The step of `migrate`, for every command that needs the tables."""
    from omnichannel.aws.iceberg import catalog
    from omnichannel.onboarding.migrate import migrate as migrate_tables

    with steps.step("Migrating the trusted tables") as tell:
        deployment = cloud.deployment
        changes = migrate_tables(catalog(), deployment.glue_database, deployment.lake_bucket)
        counted = Counter(change.action.value for change in changes)
        tell(", ".join(f"{number} {action}" for action, number in counted.items()) or "nothing to change")


@app.command()
def status(name: Name = "default", environment: Environment = SANDBOX_ENVIRONMENT) -> None:
    """Executions, last failures, queues, dead letters, functions."""
    from sandbox.status import status as read_status

    output.show_status(console, read_status(cloud_of(name, environment)))


@app.command()
def logs(
    function: FunctionName,
    name: Name = "default",
    environment: Environment = SANDBOX_ENVIRONMENT,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as the log grows; ctrl-c ends it.")] = False,
    minutes: Annotated[int, typer.Option(help="How far back to begin.", min=1)] = 60,
) -> None:
    """What a function wrote into its log."""
    from sandbox.logs import lines

    for line in lines(cloud_of(name, environment), function, since=timedelta(minutes=minutes), now=datetime.now(UTC), follow=follow):
        console.print(f"{line.at:%H:%M:%S.%f} {line.text}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def sync(function: FunctionName, name: Name = "default") -> None:
    """Put the changed code of one function into the sandbox, in seconds."""
    # The packages are described in CDK code, which starts a Node as soon as it is imported.
    os.environ.setdefault("JSII_NODE", str(node_folder() / "node"))
    from sandbox.sync import sync as sync_function

    with Steps(console).step(f"Updating {function}") as tell:
        done = sync_function(launcher.running(directory_of(name)), function)
        tell(f"{done.function.label} {'has new code' if done.changed else 'had this code already'}")


@app.command()
def destroy(
    environment: Environment,
    name: Name = "default",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Take the app down: data, models and recommenders that CloudFormation does not own, every stack, and a list of what remains."""
    # The environments' policies are CDK code, which starts a Node as soon as it is imported.
    os.environ.setdefault("JSII_NODE", str(node_folder() / "node"))
    from sandbox.destroy import destroy as take_down
    from sandbox.destroy import destroyable

    destroyable(environment)
    cloud = cloud_of(name, environment)
    if not (yes or cloud.sandboxed):
        typer.confirm(f"Destroy {environment} in {cloud.where}?", abort=True)
    with Steps(console).step(f"Destroying {environment}") as tell:
        done = take_down(cloud, tell=tell)
        tell(f"removed {done}, and the stacks")
    if done.remaining:
        console.print("Still listed under the app's tags; what was deleted stays listed for a while, and keys wait seven days:")
    for arn in done.remaining:
        console.print(f"  {arn}", highlight=False, soft_wrap=True)


@app.command()
def down(
    name: Name = "default", wipe: Annotated[bool, typer.Option("--wipe", help="Forget the sandbox: remove its folder.")] = False
) -> None:
    """Stop the sandbox and everything it started; what was deployed into it goes with it, logs stay."""
    with Steps(console).step("Stopping the sandbox") as tell:
        there = directory_of(name).exists()
        ended = launcher.down(directory_of(name), wipe=wipe, tell=tell)
        done = f"{ended} processes ended{', folder removed' if wipe else ''}"
        tell(done if there or ended else f"there is none in {directory_of(name)}")


def ready(steps: Steps, name: str) -> Cloud:
    """A sandbox with the app in it and its tables made: what `demo` begins with."""
    start(steps, name)
    put(steps, name)
    cloud = cloud_of(name)
    evolve(steps, cloud)
    return cloud


activation_commands.register(app, console, cloud_of)
commands.register(app, console, cloud_of, ready)
decision_commands.register(app, console, cloud_of)
event_commands.register(app, console, cloud_of)
experiment_commands.register(app, console, cloud_of)
campaign_commands.register(app, console, cloud_of)
feature_commands.register(app, console, cloud_of)
identity_commands.register(app, console, cloud_of)
model_commands.register(app, console, cloud_of)
onboarding_commands.register(app, console, cloud_of)
personalize_commands.register(app, console, cloud_of)
privacy_commands.register(app, console, cloud_of)
quality_commands.register(app, console, cloud_of)
review_commands.register(app, console, cloud_of)
scoring_commands.register(app, console, cloud_of)
segment_commands.register(app, console, cloud_of)
shop_commands.register(app, console, cloud_of)
on_demand_commands.register(app, console, cloud_of)
table_commands.register(app, console, cloud_of)
trigger_commands.register(app, console, cloud_of)
validate_commands.register(app, console, cloud_of)
view_commands.register(app, console, cloud_of)


def main() -> None:
    """Run a command; a failure is told in plain words and exits with 1."""
    try:
        app()
    except KeyboardInterrupt:
        errors.print("stopped")
        sys.exit(130)
    except Exception as error:
        output.show_failure(errors, error, debug="--debug" in sys.argv or bool(os.environ.get("OMNI_DEBUG")))
        sys.exit(1)


if __name__ == "__main__":
    main()
