"""What a person who answers for privacy does: start a request, follow it, fetch its paper; put and lift holds; look first."""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from omnichannel.aws import s3 as objects
from omnichannel.contracts.privacy import (
    ERASED_ZONES,
    Stand,
    certificate_key,
    export_key,
    identifier_hash,
    request_item,
    suppressed_item,
)
from omnichannel.identity.named import keys
from omnichannel.privacy import holds, state
from omnichannel.privacy.stores import get
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import executions, who
from sandbox.flow.progress import Tell
from sandbox.flow.twins import configure

SECONDS = 2 * 24 * 3600.0
Found = dict[str, Counter[str]]
FOLLOWING = {
    "stop": "telling the sinks", "ask tables": "the committer works", "tables": "taking the person out of objects",
    "state": "reading every byte", "proof": "another round, or waiting for the sinks",
}  # fmt: skip
"""What an erasure does behind each of its steps, which may take minutes."""


@dataclass(frozen=True)
class Done:
    """How a request ended: `held` with its reason, or the files that were written."""

    request: str
    held: str = ""
    files: tuple[Path, ...] = ()


def customer_named(cloud: Cloud, named: str) -> str:
    """Our id of the customer who is meant (`sandbox.flow.who`); a request that runs still knows who it is about.

    Whoever bore the surest of the identifiers that the words may be is meant, also when they were erased: never the next best.
    """
    known = who.known(cloud, named)
    for key, identifier in keys(named).items():
        if key in known:
            return known[key]
        request = _erasure_of(cloud, *identifier)
        if request.get("status") == Stand.RUNNING:
            return str(request["customer_id"])
        if request.get("status") == Stand.DONE:
            certificate = f"s3://{cloud.deployment.lake_bucket}/{certificate_key(str(request['id']).removeprefix(request_item('')))}"
            other = "; somebody else who is called so is meant by our id or an e-mail address"
            raise SandboxError("looking for the customer", "was erased", hint=f"the certificate is {certificate}{other}")
    return who.our_id(cloud, named)


def _erasure_of(cloud: Cloud, kind: str, value: str) -> dict[str, Any]:
    """The request by which whoever bore that identifier was erased, or is being erased; empty when there is none."""
    dynamodb, table = cloud.client("dynamodb"), cloud.deployment.privacy_table
    stone = get(dynamodb, table, suppressed_item(identifier_hash(kind, value))) or {}
    return get(dynamodb, table, request_item(str(stone.get("request", "")))) or {}


def erase(cloud: Cloud, customer_id: str, out: Path, tell: Tell) -> Done:
    """Starts the erasure, or takes up the one that did not end; fetches the certificate. Raises `SandboxError` with the failing step."""
    connect_regulations(cloud)
    request = _request(cloud, "e", customer_id)
    ended = _run(cloud, cloud.deployment.erase_state_machine, request, customer_id, tell)
    if ended.get("status") == Stand.HELD:
        item = _item(cloud, request)
        until = f" until {item['held_until']}" if item.get("held_until") else ""
        return Done(request, held=f"{item['reason']}{until}")
    return Done(request, files=_fetch(cloud, out, certificate_key(request), certificate_key(request, "md")))


def export(cloud: Cloud, customer_id: str, out: Path, tell: Tell) -> Done:
    """Has everything gathered that is held about a customer, and fetches the archive."""
    request = f"x{hashlib.sha256(customer_id.encode()).hexdigest()[:16]}-{datetime.now(UTC):%Y%m%d%H%M%S}"
    _run(cloud, cloud.deployment.export_state_machine, request, customer_id, tell)
    return Done(request, files=_fetch(cloud, out, export_key(request)))


def hold(cloud: Cloud, customer_id: str, reason: str, until: date | None) -> None:
    """Puts a legal hold on a customer."""
    holds.hold(cloud.client("dynamodb"), cloud.deployment.privacy_table, customer_id, reason, until, datetime.now(UTC))


def release(cloud: Cloud, customer_id: str) -> list[str]:
    """Lifts a hold and starts the erasures that waited for it; gives their requests. `SandboxError` when there is no hold."""
    waiting = holds.release(cloud.client("dynamodb"), cloud.deployment.privacy_table, customer_id)
    if waiting is None:
        raise SandboxError("lifting the hold", "that customer has none")
    for request in waiting:
        _start(cloud, cloud.deployment.erase_state_machine, request, customer_id)
    return waiting


def look(cloud: Cloud, customer_id: str) -> tuple[dict[str, int], Found]:
    """What an erasure would find: identifiers by kind, and by place how much of it names the person. It changes nothing."""
    from omnichannel.aws.iceberg import catalog
    from omnichannel.onboarding.schema import TABLES
    from omnichannel.privacy import tables
    from omnichannel.privacy.identify import gather
    from omnichannel.privacy.matcher import Matcher

    deployment, dynamodb, trusted = cloud.deployment, cloud.client("dynamodb"), catalog()
    ids, item = state.customer(dynamodb, deployment.customers_table, customer_id)
    links = tables.links_of(trusted, deployment.glue_database, ids)
    subject = gather(ids, item, links, tuple(TABLES), tables.reader(trusted, deployment.glue_database))
    matcher = Matcher(subject)
    found: Found = {}
    for name in TABLES:
        batches = tables.scan(trusted, deployment.glue_database, name, lambda table: [f.name for f in table.schema().fields])
        found[f"table {name}"] = Counter(rows=sum(matcher.rows(batch).true_count for batch in batches))
    found |= _objects(cloud, matcher)
    for label, table in (("customers", deployment.customers_table), ("sent", deployment.sent_table)):
        found[f"items {label}"] = Counter(items=state.naming(dynamodb, table, matcher)[1])
    return {kind.value: len(values) for kind, values in subject.values.items()}, {name: c for name, c in found.items() if c.total()}


def connect_regulations(cloud: Cloud) -> None:
    """Give the sandbox's Segment a token of its Public API and store it as the operator would; elsewhere the operator has."""
    secret = cloud.deployment.segment_api_secret
    if not cloud.sandboxed or not secret:
        return
    token = f"sandbox-{token_hex(16)}"
    cloud.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps({"token": token}))
    configure(cloud, "segment", api_tokens=[token])


def _objects(cloud: Cloud, matcher: Any) -> Found:
    from omnichannel.privacy import search
    from omnichannel.privacy.objects import opened, zone_of
    from omnichannel.privacy.places import Zone, places

    deployment, s3, found = cloud.deployment, cloud.client("s3"), Found()
    names = {deployment.landing_bucket: "landing", deployment.quarantine_bucket: "quarantine"}
    zones = [Zone(bucket=deployment.landing_bucket), Zone(bucket=deployment.quarantine_bucket)]
    with tempfile.TemporaryDirectory() as work:
        for zone in [*zones, *(Zone(bucket=deployment.lake_bucket, prefix=prefix) for prefix in ERASED_ZONES)]:
            for place in places(s3, zone):
                naming = sum(search.found(opened(s3, place, v, Path(work)), matcher) for v in place.versions if not v.marker)
                found.setdefault(f"objects {zone_of(place, names)}", Counter()).update(versions=naming)
    return found


def _request(cloud: Cloud, prefix: str, customer_id: str) -> str:
    """The id of the customer's request: the one that has not ended, else a new one."""
    base = f"{prefix}{hashlib.sha256(customer_id.encode()).hexdigest()[:20]}"
    number = 1
    while _item(cloud, name := base if number == 1 else f"{base}-{number}").get("status") == Stand.DONE:
        number += 1
    return name


def _item(cloud: Cloud, request: str) -> dict[str, Any]:
    return get(cloud.client("dynamodb"), cloud.deployment.privacy_table, request_item(request)) or {}


def _start(cloud: Cloud, machine: str, request: str, customer_id: str) -> str:
    name = f"{request}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    return executions.start(cloud.client("stepfunctions"), machine, {"request": request, "customer_id": customer_id}, name=name)


def _run(cloud: Cloud, machine: str, request: str, customer_id: str, tell: Tell) -> dict[str, Any]:
    arn = _start(cloud, machine, request, customer_id)
    hint = f"mend what the reason says and run the command again: request {request} goes on where it stopped"
    ended = executions.follow(
        cloud.client("stepfunctions"), arn, step="Privacy", seconds=SECONDS, tell=lambda _: tell(_standing(cloud, request)), hint=hint
    )
    return dict(ended.output or {})


def _standing(cloud: Cloud, request: str) -> str:
    return standing(_item(cloud, request).get("steps", {}), datetime.now(UTC))


def standing(steps: Mapping[str, Mapping[str, Any]], now: datetime) -> str:
    """What the newest of a request's steps did, what goes on since, and for how many minutes."""
    if not steps:
        return "begun"
    name, did = max(steps.items(), key=lambda step: str(step[1].get("at", "")))
    said = f"{name}: " + ", ".join(f"{count} {what}" for what, count in did.items() if what != "at")
    following = FOLLOWING.get(name.partition(", round ")[0])
    minutes = int((now - datetime.fromisoformat(str(did["at"]))).total_seconds() // 60)
    return said if following is None else f"{said}; {following}" + (f" for {minutes} min" if minutes > 0 else "")


def _fetch(cloud: Cloud, out: Path, *keys: str) -> tuple[Path, ...]:
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for key in keys:
        *_, folder, name = key.split("/")
        path = out / (name if folder == "certificates" else f"{folder}-{name}")
        path.write_bytes(objects.get(cloud.client("s3"), cloud.deployment.lake_bucket, key))
        written.append(path)
    return tuple(written)
