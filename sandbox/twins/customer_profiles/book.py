"""The profiles of one domain: in memory, found by key, written through to the store."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.twins.store import Store

Entry = dict[str, Any]
"""`profile` as the service shows it, `keys` (name -> values), `objects` (unique key -> type, object, keys)."""
STANDARD: Mapping[str, tuple[str, ...]] = {
    "_profileId": ("ProfileId",),
    "_account": ("AccountNumber",),
    "_email": ("EmailAddress", "PersonalEmailAddress", "BusinessEmailAddress"),
    "_phone": ("PhoneNumber", "MobilePhoneNumber", "HomePhoneNumber", "BusinessPhoneNumber"),
}
"""Predefined keys and the members of a profile that they search (SearchProfiles, KeyName)."""


class Book:
    """Not for use by several threads at once; the operations hold their lock."""

    def __init__(self, store: Store, domain: str) -> None:
        self._store, self._kind = store, f"profile/{domain}"
        self._orphans = f"orphan/{domain}"
        self._entries: dict[str, Entry] = {}
        self._index: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._owners: dict[str, str] = {}
        for entry in store.all(self._kind):
            self._enter(entry)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, profile_id: str) -> Entry | None:
        """The entry of a profile."""
        return self._entries.get(profile_id)

    def owner(self, unique: str) -> Entry | None:
        """The entry that holds the object of this unique key."""
        return self._entries.get(self._owners.get(unique, ""))

    def find(self, key: str, value: str) -> list[Entry]:
        """Entries that have the value under the key, oldest first."""
        return [self._entries[each] for each in self._index.get((key, normal(key, value)), ())]

    def put(self, entry: Entry) -> None:
        """Keeps an entry, in place of the one with the same profile id."""
        self._leave(entry["profile"]["ProfileId"])
        self._enter(entry)
        self._store.put(self._kind, entry["profile"]["ProfileId"], entry)

    def delete(self, profile_id: str) -> Entry | None:
        """Takes a profile and its objects out."""
        entry = self._leave(profile_id)
        self._store.delete(self._kind, profile_id)
        return entry

    def set_aside(self, unique: str, held: Mapping[str, Any]) -> None:
        """Keeps an object that belongs to no profile."""
        self._store.put(self._orphans, unique, {"unique": unique, **held})

    def take_back(self, unique: str) -> None:
        """Forgets an object that belonged to no profile."""
        self._store.delete(self._orphans, unique)

    def orphans(self) -> list[Entry]:
        """Objects that belong to no profile."""
        return self._store.all(self._orphans)

    def clear(self) -> None:
        """Deletes everything."""
        for profile_id in list(self._entries):
            self.delete(profile_id)
        for each in self.orphans():
            self.take_back(each["unique"])

    def _enter(self, entry: Entry) -> None:
        profile_id = entry["profile"]["ProfileId"]
        self._entries[profile_id] = entry
        for pair in _pairs(entry):
            self._index[pair][profile_id] = None
        self._owners |= dict.fromkeys(entry["objects"], profile_id)

    def _leave(self, profile_id: str) -> Entry | None:
        entry = self._entries.pop(profile_id, None)
        for pair in _pairs(entry) if entry else ():
            self._index[pair].pop(profile_id, None)
        for unique in entry["objects"] if entry else ():
            self._owners.pop(unique, None)
        return entry


def keys_of(entry: Entry) -> dict[str, list[str]]:
    """Every key under which a profile is found, the predefined ones among them."""
    profile, keys = entry["profile"], {name: list(values) for name, values in entry["keys"].items()}
    for held in entry["objects"].values():
        for name, value in held["keys"].items():
            keys.setdefault(name, []).append(value)
    for name, members in STANDARD.items():
        keys.setdefault(name, []).extend(profile[each] for each in members if profile.get(each))
    full = " ".join(profile[each] for each in ("FirstName", "LastName") if profile.get(each))
    if full:
        keys.setdefault("_fullName", []).append(full)
    return {name: list(dict.fromkeys(values)) for name, values in keys.items() if values}


def normal(key: str, value: str) -> str:
    """How a value is compared: e-mail addresses and names without case, telephone numbers by their digits."""
    if key == "_phone":
        return "".join(filter(str.isdigit, value))
    return value.casefold() if key in ("_email", "_fullName") else value


def _pairs(entry: Entry) -> list[tuple[str, str]]:
    return [(name, normal(name, value)) for name, values in keys_of(entry).items() for value in values]
