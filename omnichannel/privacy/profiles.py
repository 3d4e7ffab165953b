"""A customer's profiles in Amazon Connect Customer Profiles: found by our key, shown, deleted."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from omnichannel.contracts.profiles import KEY

STARTED_WITHIN = timedelta(minutes=30)
"""A created upload job is started by the call that created it, which takes a quarter of an hour at most; after this it never is."""


def found(profiles: Any, domain: str, customer_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The profiles of those customers as `SearchProfiles` shows them, which is with the objects that we put there."""
    for customer_id in customer_ids:
        more: dict[str, str] = {}
        while True:
            page = profiles.search_profiles(DomainName=domain, KeyName=KEY, Values=[customer_id], MaxResults=100, **more)
            yield from page.get("Items", ())
            if not page.get("NextToken"):
                break
            more = {"NextToken": page["NextToken"]}


def delete(profiles: Any, domain: str, customer_ids: Sequence[str]) -> int:
    """Deletes them with every object in them; gives how many there were."""
    ids = list(dict.fromkeys(each["ProfileId"] for each in found(profiles, domain, customer_ids)))
    for profile_id in ids:
        profiles.delete_profile(DomainName=domain, ProfileId=profile_id)
    return len(ids)


def uploading(profiles: Any, domain: str, now: datetime) -> list[str]:
    """The domain's upload jobs whose files may still be read: those at work, and those that may be about to start."""
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = profiles.list_upload_jobs(DomainName=domain, MaxResults=500, **more)
        found += [each["JobId"] for each in page.get("Items", ()) if _may_read(each, now)]
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}


def _may_read(job: dict[str, Any], now: datetime) -> bool:
    created: datetime = job["CreatedAt"]
    return job["Status"] == "IN_PROGRESS" or (job["Status"] == "CREATED" and now - created < STARTED_WITHIN)
