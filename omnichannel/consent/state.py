"""Consents that come from two sides, as one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from omnichannel.consent.gate import Consents, is_readable, moment

UNREADABLE: Mapping[str, Any] = {}
"""Stands for a consent without any words that it could be asked by: the gate's answer to it is no."""


def newest(one: Consents, other: Any) -> dict[str, dict[str, Any]]:
    """Both together; of each consent the newer one, and at the same time the refusal.

    One that nobody can read stands above all others, since it may be the refusal that came last; so do all of `other` when it is no
    mapping.
    """
    merged = {key: _kept(consent) for key, consent in one.items()}
    if not isinstance(other, Mapping):
        return {key: dict(UNREADABLE) for key in merged}
    for key, consent in other.items():
        if key not in merged or _order(consent) > _order(merged[key]):
            merged[key] = _kept(consent)
    return merged


def _kept(consent: Any) -> dict[str, Any]:
    return dict(consent if isinstance(consent, Mapping) else UNREADABLE)


def _order(consent: Any) -> tuple[bool, datetime, bool]:
    if not is_readable(consent):
        return True, _LAST, True
    return False, moment(consent), consent["granted"] is not True


_LAST = datetime.max.replace(tzinfo=UTC)
