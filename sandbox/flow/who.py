"""Whom a command means: how a customer is named on the command line, for every command that asks for one."""

from typing import Annotated

import typer

from omnichannel.aws.dynamodb import batch_get
from omnichannel.identity.named import FORMS, keys
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError

Who = Annotated[str, typer.Argument(metavar="CUSTOMER", help=f"{FORMS[0].upper()}{FORMS[1:]}.")]


def known(cloud: Cloud, who: str) -> dict[str, str]:
    """By each of `keys(who)` that somebody has, our id of them, the one that goes on where customers were merged; the surest first."""
    wanted, table = keys(who), cloud.deployment.customers_table
    rows = batch_get(cloud.client("dynamodb"), table, [{"customer_id": key} for key in wanted], ("customer_id", "customer"))
    found = {str(row["customer_id"]): str(row.get("customer", row["customer_id"])) for row in rows}
    return {key: found[key] for key in wanted if key in found}


def our_id(cloud: Cloud, who: str) -> str:
    """Our id of the customer who is meant; raises `SandboxError`, whose words do not repeat an address."""
    ours = next(iter(known(cloud, who).values()), None)
    if ours is None:
        asked = "that e-mail address" if "@" in who else repr(who)
        hint = f"{FORMS}; omni rebuild view, if it was never built"
        raise SandboxError("looking for the customer", f"nobody is known by {asked}", hint=hint)
    return ours
