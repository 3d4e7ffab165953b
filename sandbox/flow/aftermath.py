"""What would come of an activation run, played by a generated shop's customers: who they are and what reached them, out of the lake."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from omnichannel.activation import parts
from omnichannel.activation.parts import Part
from omnichannel.aws import dynamodb as tables
from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import Flow, Sink, Status
from omnichannel.ledger.parts import parts_by_sink, unpacked
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.shop.respond import Aftermath, Customer, respond


def play(cloud: Cloud, run: str, directory: Path, *, days: int, effect: float, basket: float, currency: str, seed: int) -> Aftermath:
    """Writes the landing files of the `days` from the run's date on. Raises `SandboxError` where there is no such run."""
    index = parts.index(cloud.client("s3"), cloud.deployment.lake_bucket, run)
    try:
        return respond(
            directory, list(customers(cloud, run)), prices(cloud), since=date.fromisoformat(index["as_of"]), days=days, effect=effect,
            basket=basket, currency=currency, seed=seed,
        )  # fmt: skip
    except (ValueError, FileExistsError) as wrong:
        raise SandboxError("playing on", str(wrong), hint="omni experiment simulate --help") from wrong


def newest_run(cloud: Cloud) -> str:
    """The activation run whose audience was written last. Raises `SandboxError` before the first."""
    found = objects.objects(cloud.client("s3"), cloud.deployment.lake_bucket, f"{zones.ACTIVATION}/")
    indexes = [each for each in found if each["Key"].endswith("/parts.json")]
    if not indexes:
        raise SandboxError("finding an activation", "there is none", hint="omni run --as-of DAY makes one")
    newest = max(indexes, key=lambda each: each["LastModified"])
    return str(newest["Key"].split("run=", 1)[1].split("/", 1)[0])


def customers(cloud: Cloud, run: str) -> Iterator[Customer]:
    """Everybody who was decided for and whom an order can name; a customer was reached when a message with an action was delivered."""
    s3, bucket = cloud.client("s3"), cloud.deployment.lake_bucket
    reached = dict(_delivered(s3, bucket, run))
    for key in sorted(objects.keys(s3, bucket, zones.decided_part(run, "").removesuffix(".jsonl.gz"))):
        for member in parts.read(s3, bucket, Part(run=run, as_of="", key=key)):
            decision = member.decision or {}
            if member.customer_ref:
                yield _customer(member, decision, reached.get(member.customer_id) if decision.get("action") else None, run)


def prices(cloud: Cloud) -> dict[str, float]:
    """What products cost, those that are sold."""
    items = tables.scan(cloud.client("dynamodb"), cloud.deployment.products_table, ("product_id", "price", "active"))
    return {item["product_id"]: float(item["price"]) for item in items if item.get("active") and item.get("price")}


def _customer(member: parts.Member, decision: Mapping[str, Any], sent: tuple[str, str] | None, run: str) -> Customer:
    score = member.scores.get("repurchase", {}).get("score", 0.0)
    sink, message_id = sent or ("", "")
    return Customer(
        customer_id=member.customer_id, customer_ref=member.customer_ref, p=float(score), reached=sent is not None,
        campaign=decision.get("campaign", ""), run=run, sink=sink, message_id=message_id, arms=decision.get("arms", {}),
    )  # fmt: skip


def _delivered(s3: Any, bucket: str, run: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for sink, keys in parts_by_sink(s3, bucket, flow=Flow.MESSAGING, run=run).items():
        for key in keys:
            for row in unpacked(objects.get(s3, bucket, key)):
                if row["status"] == Status.DELIVERED:
                    yield row["customer_id"], (Sink(sink).value, row["message_id"])
