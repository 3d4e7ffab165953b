"""Objects in S3 as bytes and JSON: what several functions need of the `s3` client."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

JSON = "application/json"
GZIP_JSON_LINES = "application/gzip"
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})


def get(s3: Any, bucket: str, key: str) -> bytes:
    """The object's bytes; an absent object is the service's `NoSuchKey`."""
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def put(s3: Any, bucket: str, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
    """Writes the object whole; whoever reads sees the old one or the new one, never a part."""
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def exists(s3: Any, bucket: str, key: str) -> bool:
    """Whether the object is there; any other refusal (no permission, no bucket) is an error."""
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as refused:
        if refused.response["Error"]["Code"] in _ABSENT:
            return False
        raise
    return True


def objects(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Every object under the prefix as `ListObjectsV2` tells it (`Key`, `Size`, `LastModified`), in key order."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", ())


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """The keys under the prefix, in order."""
    return (found["Key"] for found in objects(s3, bucket, prefix))
