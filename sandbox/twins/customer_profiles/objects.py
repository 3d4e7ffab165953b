"""Objects put into a domain: each finds its profile, changes it, and stays readable."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.twins.customer_profiles import mapping
from sandbox.twins.customer_profiles.base import Body, Operations, page
from sandbox.twins.customer_profiles.book import Book, Entry
from sandbox.twins.errors import ServiceError
from sandbox.twins.faults import Batch, Fault

MAX_OBJECT_BYTES = 256_000
"""250 KB an object, fixed (Connect's quotas); the model's 256,000 characters are checked before."""
MAX_PROFILE_BYTES = 51_200 * 1024
_FAILED = 500


class ObjectOperations(Operations):
    """PutProfileObject alone and in batches, and reading and deleting what was put."""

    BATCHES: Mapping[str, Batch] = {
        "BatchPutProfileObject": Batch(
            items="Items",
            failed="Failed",
            told=lambda item, fault: _failed(item, fault.status or _FAILED, _said(fault)),
        )
    }

    def put_profile_object(self, request: Body) -> Body:
        """PutProfileObject."""
        domain = self.domain(request)
        wanted = self.found("object-type", domain, request["ObjectTypeName"])
        with self.lock:
            return {"ProfileObjectUniqueKey": place(self.book(domain), wanted, request["ObjectTypeName"], request["Object"])[0]}

    def batch_put_profile_object(self, request: Body) -> Body:
        """BatchPutProfileObject: every item by itself."""
        domain, name = self.domain(request), request["ObjectTypeName"]
        wanted = self.found("object-type", domain, name)
        done: list[Body] = []
        failed: list[Body] = []
        for item in request["Items"]:
            try:
                with self.lock:
                    unique, _ = place(self.book(domain), wanted, name, item["Object"])
            except ServiceError as error:
                failed.append(_failed(item, 400, error.message))
            else:
                done.append({"Id": item["Id"], "ProfileObjectUniqueKey": unique})
        return {"Successful": done, "Failed": failed}

    def list_profile_objects(self, request: Body) -> Body:
        """ListProfileObjects of one type; filtered by a key of the objects when asked."""
        entry = self.entry(request)
        wanted = request.get("ObjectFilter")
        items = [
            {"ObjectTypeName": held["type"], "ProfileObjectUniqueKey": unique, "Object": held["object"]}
            for unique, held in entry["objects"].items()
            if held["type"] == request["ObjectTypeName"] and (not wanted or held["keys"].get(wanted["KeyName"]) in wanted["Values"])
        ]
        return page(items, request)

    def delete_profile_object(self, request: Body) -> Body:
        """DeleteProfileObject; the profile keeps what it took from it."""
        entry, unique = self.entry(request), request["ProfileObjectUniqueKey"]
        if entry["objects"].get(unique, {}).get("type") != request["ObjectTypeName"]:
            raise ServiceError("ResourceNotFoundException", f"no object {unique} of type {request['ObjectTypeName']} in the profile")
        left = {key: held for key, held in entry["objects"].items() if key != unique}
        with self.lock:
            self.book(request["DomainName"]).put({**entry, "objects": left})
        return {"Message": "OK - the object is deleted"}

    def entry(self, request: Body) -> Entry:
        """The profile that the request is about."""
        found = self.book(self.domain(request)).get(request["ProfileId"])
        if found is None:
            raise ServiceError("ResourceNotFoundException", f"no profile {request['ProfileId']}")
        return found


def place(book: Book, wanted: Mapping[str, Any], type_name: str, text: str) -> tuple[str, str]:
    """Puts one object where it belongs: its unique key, and `created`, `updated` or `unassigned`. Refuses what cannot be mapped."""
    values = mapping.values_of(wanted.get("Fields") or {}, _source(text))
    keys = mapping.keys_in(wanted, values)
    unique = mapping.unique_key(type_name, keys)
    entry = book.owner(unique) or _matched(book, keys)
    existed = entry is not None
    held = {"type": type_name, "object": text, "keys": _kept(keys, existed=existed)}
    if entry is None and not wanted.get("AllowProfileCreation"):
        book.set_aside(unique, held)
        return unique, "unassigned"
    entry = entry or new_entry()
    profile = mapping.mapped(wanted.get("Fields") or {}, values, entry["profile"])
    objects = {**entry["objects"], unique: held}
    _check_room(objects, type_name, wanted)
    book.put({**entry, "profile": profile, "objects": objects})
    book.take_back(unique)
    return unique, "updated" if existed else "created"


def new_entry() -> Entry:
    """An empty profile with an id of its own."""
    return {"profile": {"ProfileId": uuid.uuid4().hex}, "keys": {}, "objects": {}}


def _source(text: str) -> Mapping[str, Any]:
    if len(text.encode()) > MAX_OBJECT_BYTES:
        raise ServiceError("BadRequestException", f"the object has {len(text.encode())} bytes; at most {MAX_OBJECT_BYTES}")
    try:
        source = json.loads(text)
    except ValueError as error:
        raise ServiceError("BadRequestException", "the object is not JSON") from error
    if not isinstance(source, dict):
        raise ServiceError("BadRequestException", f"the object is a JSON {type(source).__name__}; expected an object")
    return source


def _matched(book: Book, keys: list[tuple[str, str, frozenset[str]]]) -> Entry | None:
    """The oldest profile found by the first PROFILE key that finds one; SECONDARY keys come last."""
    for name, value, identifiers in keys:
        found = book.find(name, value) if "PROFILE" in identifiers else []
        if found:
            return found[0]
    return None


def _kept(keys: list[tuple[str, str, frozenset[str]]], *, existed: bool) -> dict[str, str]:
    """Keys that stay with the profile."""
    return {
        name: value
        for name, value, identifiers in keys
        if mapping.LOOKUP_ONLY not in identifiers and not (existed and mapping.NEW_ONLY in identifiers)
    }


def _check_room(objects: Mapping[str, Mapping[str, Any]], type_name: str, wanted: Mapping[str, Any]) -> None:
    count, most = sum(each["type"] == type_name for each in objects.values()), wanted.get("MaxProfileObjectCount", 1000)
    if count > most:
        raise ServiceError("BadRequestException", f"{count} objects of type {type_name} in the profile; at most {most}")
    if sum(len(each["object"]) for each in objects.values()) > MAX_PROFILE_BYTES:
        raise ServiceError("BadRequestException", f"more than {MAX_PROFILE_BYTES} bytes in the profile")


def _failed(item: Mapping[str, Any], status: int, message: str) -> Body:
    return {"Id": item["Id"], "Code": status, "Message": message}


def _said(fault: Fault) -> str:
    return f"{fault.code}: {fault.message}" if fault.code else fault.message
