"""The end of an erasure: the certificate is written, the raw identifiers are deleted, the request keeps a hash."""

import json
from datetime import datetime
from typing import Any

from omnichannel.aws import s3 as objects
from omnichannel.contracts.privacy import Erased, Stand, certificate_key, identifier_hash, requests
from omnichannel.privacy import sinks
from omnichannel.privacy.certificate import Findings, Keeping, certificate, readable
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.places import Zone, delete, places
from omnichannel.privacy.proof import total
from omnichannel.privacy.stores import Desk

MARKDOWN = "text/markdown; charset=utf-8"


class NotClean(Exception):
    """What the request kept is still there."""


def certify(desk: Desk, keeping: Keeping, buckets: int, round: int, at: datetime) -> dict[str, Any]:
    """Writes the certificate, then deletes what the request kept; gives the certificate. Done again, it finds the certificate written."""
    written = _written(desk)
    if written is None:
        written = _certificate(desk, keeping, buckets, round, at)
        _write(desk, written)
    _clear(desk)
    _write(desk, {**written, "raw_identifiers_deleted": True})
    item = desk.item()
    if item.get("status") != Stand.DONE:
        who = identifier_hash(Kind.CUSTOMER_ID, str(item.get("customer_id", "")))
        desk.stand(Stand.DONE, customer_id=who, done_at=at.isoformat())
    return {"request": desk.request, "certificate": certificate_key(desk.request), "proof": written["proof"]}


def findings(desk: Desk, buckets: int, round: int) -> Findings:
    """What the steps noted, all rounds together; the proof is that of the last round."""
    found = Findings(stopped=desk.kept("stopped.json") or {}, sinks=desk.kept(sinks.NOTE) or {})
    for name, note in desk.notes("round-").items():
        if not name.endswith(".plan.json"):
            found.add_table(str(note["table"]), Erased.of(note))
    for note in desk.notes("objects-done/").values():
        found.add_objects(note["counts"])
    for note in desk.notes("state/").values():
        found.state.update(note)
    parts = [*desk.notes(f"proof-done/{round}/").values(), desk.kept(f"items/{round}.json") or {}]
    found.proof = {**total(parts), "buckets": buckets, "rounds": round}
    return found


def _certificate(desk: Desk, keeping: Keeping, buckets: int, round: int, at: datetime) -> dict[str, Any]:
    subject, asked_at = desk.subject(), str(desk.item().get("asked_at", ""))
    shared = {kind.value: count for kind, count in subject.shared.items()}
    return certificate(desk.request, asked_at, at, subject.hashes(), shared, findings(desk, buckets, round), keeping)


def _written(desk: Desk) -> dict[str, Any] | None:
    key = certificate_key(desk.request)
    return json.loads(objects.get(desk.s3, desk.lake, key)) if objects.exists(desk.s3, desk.lake, key) else None


def _write(desk: Desk, found: dict[str, Any]) -> None:
    objects.put(desk.s3, desk.lake, certificate_key(desk.request), json.dumps(found, indent=2).encode(), objects.JSON)
    objects.put(desk.s3, desk.lake, certificate_key(desk.request, "md"), readable(found).encode(), MARKDOWN)


def _clear(desk: Desk) -> None:
    """Every version of everything that the request kept."""
    zone = Zone(bucket=desk.lake, prefix=requests(desk.request))
    delete(desk.s3, desk.lake, ((place.key, version.id) for place in places(desk.s3, zone) for version in place.versions))
    if next(places(desk.s3, zone), None) is not None:
        raise NotClean(f"objects of request {desk.request} came while they were deleted; certify again")
