"""The Iceberg catalog of the trusted zone: Glue, opened with the process's own session."""

import os
from collections.abc import Mapping
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.glue import GlueCatalog

from omnichannel.aws.clients import client, client_once, session

_ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def catalog(environ: Mapping[str, str] | None = None) -> Catalog:
    """The Glue catalog of the process's account and region; open it once per invocation, its credentials are those of now.

    Data files are read and written by Arrow, which knows neither boto3's endpoint variables nor all of its credential
    sources, so both are handed over; certificates it takes from `SSL_CERT_FILE`.
    """
    environ = os.environ if environ is None else environ
    return GlueCatalog("trusted", client=client("glue"), **_credentials(), **_place(environ))


def committing_catalog(environ: Mapping[str, str] | None = None) -> Catalog:
    """The same for a writer: Glue is asked to update a table once.

    A repeated update whose first answer was lost is refused as out of date, and pyiceberg then deletes the manifests of what it takes
    for a commit that failed, though the table names them.
    """
    environ = os.environ if environ is None else environ
    once: Any = _UpdatesOnce()
    return GlueCatalog("trusted", client=once, **_credentials(), **_place(environ))


class _UpdatesOnce:
    """Glue's client, except that it asks for an update once."""

    def __getattr__(self, name: str) -> Any:
        return getattr(client_once("glue") if name == "update_table" else client("glue"), name)


def _credentials() -> dict[str, str]:
    found = session().get_credentials()
    if found is None:
        raise LookupError("no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    now = found.get_frozen_credentials()
    given = {"s3.access-key-id": now.access_key, "s3.secret-access-key": now.secret_key, "s3.session-token": now.token}
    return {name: value for name, value in given.items() if value}


def _place(environ: Mapping[str, str]) -> dict[str, str]:
    region = session().region_name
    endpoint = next((environ[name] for name in _ENDPOINT_VARIABLES if environ.get(name)), None)
    given = {"s3.region": region, "s3.endpoint": endpoint}
    return {name: value for name, value in given.items() if value}
