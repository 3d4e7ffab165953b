"""Asks Customer Profiles, with somebody made up, whether a file's rows meet the profiles of our objects.

It is documented that a job's unique key matches rows with profiles, and that names of keys are one namespace for a domain; under which
name a job keeps its key is not. Two profiles of one customer would be two messages, and one of them would outlive an erasure. So before
a first load one row goes the whole way: with the load's own fields and time of expiry it must be found by our key, and take an object.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.activation import connect_objects, connect_upload, sent
from omnichannel.activation.attributes import CUSTOMER_ID, MESSAGE_ID, NONE
from omnichannel.activation.connect_upload import NotTaken, Stand, Uploads
from omnichannel.activation.parts import members
from omnichannel.activation.pinpoint_adapter import Lake
from omnichannel.activation.state import State
from omnichannel.aws import s3 as objects
from omnichannel.aws.clients import cause
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.profiles import EXPIRATION_DAYS, OBJECT_TYPE
from omnichannel.privacy import profiles as searched

SAMPLE = 1_000
"""Customers who are looked up to tell whether the domain was ever loaded: after a load nearly everybody has a record."""
PATIENCE = timedelta(minutes=15)
"""How long a row and an object may take to be found; after that the answer is no."""
WAITING, YES, NO = "waiting", "yes", "no"
_UPLOADED, _PUT = "uploaded", "put"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What the question is asked with: the domain, the lake that remembers how far it is, and a moment."""

    uploads: Uploads
    lake: Lake
    state: State = field(repr=False)
    now: datetime

    def load(self, run: str, least: int) -> str:
        """`yes` when the run's profiles shall go as files, `no` when by batches, `waiting` when it must be asked again.

        Files are for a first load of `least` customers or more (0: never). A service that refuses any of it is a `no`.
        """
        key = zones.import_job(run, Sink.CONNECT)
        if objects.exists(self.lake.s3, self.lake.bucket, key):
            told = json.loads(objects.get(self.lake.s3, self.lake.bucket, key))
        else:
            told = {"stage": WAITING, "at": self.now.isoformat()} if self._is_first(run, least) else {"stage": NO}
        if told["stage"] in (YES, NO):
            return str(told["stage"])
        told = self._step(run, told)
        objects.put(self.lake.s3, self.lake.bucket, key, json.dumps(told).encode(), objects.JSON)
        return str(told["stage"]) if told["stage"] in (YES, NO) else WAITING

    def _is_first(self, run: str, least: int) -> bool:
        index = json.loads(objects.get(self.lake.s3, self.lake.bucket, zones.audience_index(run)))
        if not least or index["customers"] < least:
            return False
        first = zones.decided_part(run, zones.part_name(index["parts"][0]))
        some = [each.customer_id for each in members(objects.get(self.lake.s3, self.lake.bucket, first))][:SAMPLE]
        return not sent.read(self.state.dynamodb, self.state.sent_table, Sink.CONNECT.value, some)

    def _step(self, run: str, told: Mapping[str, Any]) -> dict[str, Any]:
        who, since = f"omni-proof-{run}", datetime.fromisoformat(told["at"])
        try:
            stage = {**told, **self._next(who, told, since)}
            if stage["stage"] not in (YES, NO) and self.now - since > PATIENCE:
                stage = {**stage, "stage": NO, "why": f"not found within {PATIENCE}"}
            if stage["stage"] in (YES, NO):
                searched.delete(self.uploads.profiles, self.uploads.domain, [who])
        except NotTaken as refused:
            return {**told, "stage": NO, "why": str(refused)}
        except (ClientError, BotoCoreError) as failure:
            return {**told, "stage": NO, "why": cause(failure)}
        return stage

    def _next(self, who: str, told: Mapping[str, Any], since: datetime) -> dict[str, Any]:
        match told["stage"]:
            case "waiting":
                return {"stage": _UPLOADED, "job": self._upload(who)}
            case "uploaded":
                return self._look(who, told["job"], since)
            case _:
                return self._same(who, told["profile"])

    def _upload(self, who: str) -> str:
        job = self.uploads.create(who)
        self.uploads.put(job, connect_upload.file([connect_upload.row(_body(who, _UPLOADED))]))
        self.uploads.start(job)
        return job

    def _look(self, who: str, job: str, since: datetime) -> dict[str, Any]:
        """Once the row is taken and found by our key, an object follows it."""
        stand = self.uploads.stand(job, 1, since, self.now)
        if stand is Stand.OVER:
            return {"stage": NO, "why": "the job did not take its row"}
        if stand is Stand.TAKEN and (days := self.uploads.lasts(job)) != EXPIRATION_DAYS:
            return {"stage": NO, "why": f"rows last {days} days, objects {EXPIRATION_DAYS}"}
        found = self._found(who) if stand is Stand.TAKEN else ()
        if not found:
            return {}
        self.uploads.profiles.put_profile_object(DomainName=self.uploads.domain, ObjectTypeName=OBJECT_TYPE, Object=_body(who, _PUT))
        return {"stage": _PUT, "profile": found[0]["ProfileId"]}

    def _same(self, who: str, profile: str) -> dict[str, Any]:
        """Whether the object went into the row's profile."""
        found = self._found(who)
        if len({each["ProfileId"] for each in found}) > 1:
            return {"stage": NO, "why": "the object made a second profile"}
        took = [each["ProfileId"] for each in found if each.get("Attributes", {}).get(MESSAGE_ID) == _PUT]
        return {"stage": YES} if took == [profile] else {}

    def _found(self, who: str) -> Sequence[Mapping[str, Any]]:
        return list(searched.found(self.uploads.profiles, self.uploads.domain, [who]))


def _body(who: str, message: str) -> str:
    """An object that says nothing of anybody."""
    return json.dumps(dict.fromkeys(connect_objects.ATTRIBUTES, NONE) | {CUSTOMER_ID: who, MESSAGE_ID: message})
