"""Consents that come from two sides, as one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from omnichannel.consent.gate import Consents, moment


def newest(one: Consents, other: Consents) -> dict[str, dict[str, Any]]:
    """Both together; of each consent the newer one, and at the same time the refusal."""
    merged = {key: dict(consent) for key, consent in one.items()}
    for key, consent in other.items():
        if key not in merged or _order(consent) > _order(merged[key]):
            merged[key] = dict(consent)
    return merged


def _order(consent: Mapping[str, Any]) -> tuple[datetime, bool]:
    return moment(consent), consent["granted"] is not True
