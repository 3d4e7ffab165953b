"""Objects in S3 as bytes and JSON: what several functions need of the `s3` client."""

from collections.abc import Iterator
from typing import Any

JSON = "application/json"
GZIP_JSON_LINES = "application/gzip"


def get(s3: Any, bucket: str, key: str) -> bytes:
    """The object's bytes; an absent object is the service's `NoSuchKey`."""
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def put(s3: Any, bucket: str, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
    """Writes the object whole; whoever reads sees the old one or the new one, never a part."""
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def exists(s3: Any, bucket: str, key: str) -> bool:
    """Whether the object is there.

    Asked by listing: without the right to list the whole bucket, `HeadObject` answers 403 for what is absent.
    """
    found = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", ())
    return any(entry["Key"] == key for entry in found)


def objects(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Every object under the prefix as `ListObjectsV2` tells it (`Key`, `Size`, `LastModified`), in key order."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", ())


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """The keys under the prefix, in order."""
    return (found["Key"] for found in objects(s3, bucket, prefix))
