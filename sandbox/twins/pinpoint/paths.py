"""Pinpoint's paths, which are also how IAM names what a request is about."""

from functools import cache

import botocore.session


@cache
def path_of(operation: str) -> tuple[str, dict[str, str]]:
    """The path of an operation below `/v1/`, and which request member each of its labels stands for."""
    model = botocore.session.get_session().get_service_model("pinpoint").operation_model(operation)
    wanted = model.input_shape.members if model.input_shape is not None else {}
    labels = {member.serialization["name"]: name for name, member in wanted.items() if member.serialization.get("location") == "uri"}
    return str(model.http["requestUri"]).removeprefix("/v1/"), labels
