"""The features that a score run's customers were scored with: in buckets of customers, so that one of them is found by one read."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Self

HASH_DIGITS = 8
"""Hex digits of the SHA-256 of a customer's id that tell the bucket."""


def bucket_of(customer_id: str, buckets: int) -> int:
    """The number of the bucket, 0 to `buckets` - 1, that holds a customer."""
    return int(hashlib.sha256(customer_id.encode()).hexdigest()[:HASH_DIGITS], 16) % buckets


def values_of(packed: bytes, customer_id: str) -> list[float] | None:
    """A customer's features in the order of the index, NaN where unknown, out of a bucket's bytes; None when they are not in it.

    A number comes back as it was: Python and Arrow both write the shortest text that reads as the same double.
    """
    begins = f'{{"customer_id":{json.dumps(customer_id, ensure_ascii=False)},'.encode()
    for line in gzip.decompress(packed).splitlines():
        if line.startswith(begins):
            return [float("nan") if value is None else float(value) for value in json.loads(line)["values"]]
    return None


@dataclass(frozen=True, kw_only=True)
class FeatureIndex:
    """What lies beside the buckets: how many there are, the features' names in the order of the values, and which model is theirs."""

    features: list[str]
    buckets: int
    rows: int
    model_version: str

    @classmethod
    def of(cls, found: dict[str, Any]) -> Self:
        """From its JSON."""
        return cls(**{name: found[name] for name in ("features", "buckets", "rows", "model_version")})
