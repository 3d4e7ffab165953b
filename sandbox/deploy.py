"""Deploy the app into a sandbox with the real CDK command line: synth and bootstrap side by side, then every stack."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox import cdk, custom_resources, launcher, processes
from sandbox.cdk import Progress
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.state import ACCOUNT, REGION, Sandbox, locked

APP = f"{sys.executable} -m sandbox.app"
CONCURRENCY = 8
CANCELLED = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")


SOURCES_AND_ACCESS = {
    "segment_logs": "on",
    "segment_external_id": "9aQ1Lj62S4bomZKLF4DPqW",
    "segment_lambda": "on",
    "tills": "on",
    "dms": "sqlserver",
    "dms_database": "shop",
    "dms_secret_arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop-AbCdEf",
    "dms_subnets": "subnet-0a1b2c3d4e5f60718,subnet-1a2b3c4d5e6f70819",
    "dms_security_groups": "sg-0a1b2c3d4e5f60718",
    "dms_tables": "dbo.Orders=sales/orders,dbo.Customers=crm/customers",
    "lake_formation": "on",
    "admin_role": f"arn:aws:iam::{ACCOUNT}:role/lake-administrators",
    "analyst_role": f"arn:aws:iam::{ACCOUNT}:role/analysts",
    "engineer_role": f"arn:aws:iam::{ACCOUNT}:role/engineers",
    "glue_data_quality": "on",
}
"""What stands for things that no laptop has: a workspace, a database, people's roles. DMS and Lake Formation are recorded only."""


TRIGGER_TIME_SCALE = "60"
"""Minutes of live segments are seconds: nobody waits for half an hour to see a cart that was left."""
SEGMENT_LIVE_SECONDS = "2"
"""Nobody waits for a minute either to see a trait change."""
TUNING_JOBS = "4"
"""A laptop has two cores for what AWS gives an instance each."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """How a deployment went, in seconds per part."""

    sandbox: Sandbox
    synth_seconds: float
    deploy_seconds: float
    stacks: int


def context(sandbox: Sandbox) -> dict[str, str]:
    """The app's settings for a sandbox: every knob on, every address inside."""
    return {
        "environment": "sandbox",
        "region": REGION,
        "segment": "on",
        "segment_live": "on",
        "segment_live_seconds": SEGMENT_LIVE_SECONDS,
        "segment_endpoint": f"{sandbox.twin_url}/segment/v1/",
        "segment_api_endpoint": f"{sandbox.twin_url}/segment/",
        "personalize": "on",
        "messaging": "pinpoint",
        "tuning_jobs": TUNING_JOBS,
        "trigger_time_scale": TRIGGER_TIME_SCALE,
        **SOURCES_AND_ACCESS,
        "twin_url": sandbox.twin_url,
    }


def deploy(
    directory: Path,
    *,
    app: str = APP,
    tell: Callable[[str], None] = lambda _: None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Deployed:
    """Bring every stack of the app into the running sandbox of that folder; a SandboxError names what could not be made and why.

    `tell` hears which part has begun, `on_progress` each resource. Deploying again changes what changed.
    """
    with locked(directory):
        sandbox = launcher.running(directory)
        processes.end_strays(directory, cdk.CLI)
        log = sandbox.logs / "deploy.log"
        log.unlink(missing_ok=True)
        tell("synthesising the app")
        begun = time.monotonic()
        assembly = sandbox.directory / "assembly"
        with ThreadPoolExecutor() as pool:
            bootstrap = pool.submit(_bootstrap, sandbox)
            _synth(sandbox, app, assembly)
            sandbox = bootstrap.result()
        synthesised = time.monotonic()
        tell("deploying the stacks")
        outputs = sandbox.directory / "outputs.json"
        _deploy(sandbox, assembly, outputs, log, on_progress)
        stacks = len(json.loads(outputs.read_text())) if outputs.exists() else 0
    return Deployed(sandbox=sandbox, synth_seconds=synthesised - begun, deploy_seconds=time.monotonic() - synthesised, stacks=stacks)


def _bootstrap(sandbox: Sandbox) -> Sandbox:
    """The provider of custom resources, and once per sandbox the CDK's own stack of bucket and roles."""
    custom_resources.install(sandbox)
    if sandbox.bootstrapped:
        return sandbox
    log = sandbox.logs / "bootstrap.log"
    # Away from the checkout, whose cdk.json would have the CLI synthesise the app first.
    code = cdk.run(sandbox, ("bootstrap", f"aws://{ACCOUNT}/{REGION}"), log=log, cwd=sandbox.directory)
    if code:
        raise SandboxError("cdk bootstrap", launcher.tail(log), log=log, hint="omni down, then omni up: a fresh sandbox")
    done = replace(sandbox, bootstrapped=True)
    done.save()
    return done


def _synth(sandbox: Sandbox, app: str, assembly: Path) -> None:
    log = sandbox.logs / "synth.log"
    log.unlink(missing_ok=True)
    settings = [part for key, value in context(sandbox).items() for part in ("--context", f"{key}={value}")]
    code = cdk.run(sandbox, ("synth", "--quiet", "--app", app, "--output", str(assembly), *settings), log=log)
    if code:
        raise SandboxError("cdk synth", _synth_reason(log), log=log, hint="the app's own error above; the log has its traceback")


def _synth_reason(log: Path) -> str:
    """The Python error that ended the app, which the CLI follows with words of its own."""
    lines = [line.strip() for line in log.read_text().splitlines() if line.strip()]
    errors = [line for line in lines if "Error:" in line and not line.startswith(("Error: Subprocess", "jsii.errors"))]
    return errors[-1] if errors else launcher.tail(log)


def _deploy(sandbox: Sandbox, assembly: Path, outputs: Path, log: Path, on_progress: Callable[[Progress], None]) -> None:
    def on_line(line: str) -> None:
        found = cdk.progress(line)
        if found:
            on_progress(found)

    begun = datetime.now(UTC)
    # Nobody looks at change sets here, and without them the CLI computes a third less.
    direct = ("--method", "direct", "--require-approval", "never", "--concurrency", str(CONCURRENCY))
    options = (*direct, "--progress", "events", "--outputs-file", str(outputs))
    code = cdk.run(sandbox, ("deploy", "--all", "--app", str(assembly), *options), log=log, on_line=on_line)
    if code:
        reasons = failures(sandbox, begun)
        raise SandboxError(
            "cdk deploy",
            "; ".join(reasons) or launcher.tail(log),
            log=log,
            hint="what the reason says, then omni deploy again",
        )


def failures(sandbox: Sandbox, since: datetime) -> list[str]:
    """What failed in the stacks since then, oldest first, in CloudFormation's own words: `stack/resource (type): reason`."""
    cloudformation = Cloud.of_sandbox(sandbox).client("cloudformation")
    try:
        stacks = [s["StackName"] for page in cloudformation.get_paginator("list_stacks").paginate() for s in page["StackSummaries"]]
        events = [e for stack in dict.fromkeys(stacks) for e in cloudformation.describe_stack_events(StackName=stack)["StackEvents"]]
    except (ClientError, BotoCoreError) as error:
        return [f"reading the stacks' events: {error}"]
    return _reasons(events, since)


def _reasons(events: Sequence[dict[str, Any]], since: datetime) -> list[str]:
    failed = (e for e in events if e["Timestamp"] >= since and e["ResourceStatus"].endswith("_FAILED"))
    own = [e for e in failed if not e.get("ResourceStatusReason", "").startswith(CANCELLED)]
    own.sort(key=lambda e: e["Timestamp"])
    # A stack that fails repeats its resource's reason, so resources come first and stacks only when there is nothing else.
    resources = [e for e in own if e["ResourceType"] != "AWS::CloudFormation::Stack"] or own
    return [f"{e['StackName']}/{e['LogicalResourceId']} ({e['ResourceType']}): {e.get('ResourceStatusReason', '?')}" for e in resources]
