"""Profiles made, changed, found and deleted by themselves."""

import json

from sandbox.twins.customer_profiles.base import Body, page, without
from sandbox.twins.customer_profiles.book import Book, Entry, keys_of
from sandbox.twins.customer_profiles.objects import ObjectOperations, new_entry
from sandbox.twins.errors import ServiceError

_PAGE = 20
_PLACE = ("DomainName", "ProfileId")


class PeopleOperations(ObjectOperations):
    """Profiles and their keys."""

    def create_profile(self, request: Body) -> Body:
        """CreateProfile."""
        domain, entry = self.domain(request), new_entry()
        with self.lock:
            self.book(domain).put({**entry, "profile": {**entry["profile"], **without(request, _PLACE)}})
        return {"ProfileId": entry["profile"]["ProfileId"]}

    def update_profile(self, request: Body) -> Body:
        """UpdateProfile: members that are named; an empty text takes a value away, attributes change one by one."""
        with self.lock:
            entry = self.entry(request)
            profile = _changed(entry["profile"], without(request, _PLACE))
            self.book(request["DomainName"]).put({**entry, "profile": profile})
        return {"ProfileId": request["ProfileId"]}

    def delete_profile(self, request: Body) -> Body:
        """DeleteProfile, with its objects; what was received about the person goes too."""
        with self.lock:
            entry = self.entry(request)
            self.book(request["DomainName"]).delete(request["ProfileId"])
        named = {value for values in keys_of(entry).values() for value in values}
        self.context.records.drop(lambda line: any(json.dumps(value)[1:-1] in json.dumps(line) for value in named))
        return {"Message": "OK - the profile is deleted"}

    def add_profile_key(self, request: Body) -> Body:
        """AddProfileKey."""
        with self.lock:
            entry, name = self.entry(request), request["KeyName"]
            values = list(dict.fromkeys([*entry["keys"].get(name, []), *request["Values"]]))
            self.book(request["DomainName"]).put({**entry, "keys": {**entry["keys"], name: values}})
        return {"KeyName": name, "Values": request["Values"]}

    def delete_profile_key(self, request: Body) -> Body:
        """DeleteProfileKey: values that were added, or that came with an object."""
        name, gone = request["KeyName"], set(request["Values"])
        with self.lock:
            entry = self.entry(request)
            keys = {**entry["keys"], name: [each for each in entry["keys"].get(name, []) if each not in gone]}
            objects = {
                unique: {**held, "keys": {key: value for key, value in held["keys"].items() if not (key == name and value in gone)}}
                for unique, held in entry["objects"].items()
            }
            self.book(request["DomainName"]).put({**entry, "keys": keys, "objects": objects})
        return {"Message": "OK - the key is deleted"}

    def search_profiles(self, request: Body) -> Body:
        """SearchProfiles: profiles that have any value of a key; of all keys with AND, of one with OR."""
        asked = [request, *request.get("AdditionalSearchKeys", [])]
        if len(asked) > 1 and "LogicalOperator" not in request:
            raise ServiceError("BadRequestException", "several search keys need a LogicalOperator, AND or OR")
        with self.lock:
            book = self.book(self.domain(request))
            found = [_of_key(book, each) for each in asked]
        every = {profile_id: entry for each in found for profile_id, entry in each.items()}
        if request.get("LogicalOperator") != "OR":
            every = {profile_id: entry for profile_id, entry in every.items() if all(profile_id in each for each in found)}
        return page([_found_by(entry, asked, found) for entry in every.values()], request, _PAGE)

    def batch_get_profile(self, request: Body) -> Body:
        """BatchGetProfile."""
        book = self.book(self.domain(request))
        entries = {key: book.get(key) for key in request["ProfileIds"]}
        return {
            "Profiles": [entry["profile"] for entry in entries.values() if entry],
            "Errors": [
                {"ProfileId": key, "Code": "ResourceNotFoundException", "Message": "no such profile"} for key, e in entries.items() if not e
            ],
        }


def _changed(profile: Body, update: Body) -> Body:
    changed = dict(profile)
    for name, value in update.items():
        if isinstance(value, dict) and name != "EngagementPreferences":
            changed[name] = _changed(profile.get(name, {}), value)
        elif value == "":
            changed.pop(name, None)
        else:
            changed[name] = value
    return {name: value for name, value in changed.items() if value != {}}


def _of_key(book: Book, asked: Body) -> dict[str, Entry]:
    return {entry["profile"]["ProfileId"]: entry for value in asked["Values"] for entry in book.find(asked["KeyName"], value)}


def _found_by(entry: Entry, asked: list[Body], found: list[dict[str, Entry]]) -> Body:
    profile = entry["profile"]
    matches = [
        {"KeyName": each["KeyName"], "Values": each["Values"]}
        for each, those in zip(asked, found, strict=True)
        if profile["ProfileId"] in those
    ]
    return {**profile, "FoundByItems": matches}
