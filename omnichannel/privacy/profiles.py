"""A customer's profiles in Amazon Connect Customer Profiles: found by our key, shown, deleted."""

from collections.abc import Iterator, Sequence
from typing import Any

from omnichannel.contracts.profiles import KEY


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
