"""Work that goes on after a call: snapshots written to S3, and uploaded files read."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.twins.customer_profiles.book import Entry
from sandbox.twins.errors import ServiceError

Row = dict[str, str]
MAX_FILE_BYTES = 1_000_000_000
_KEYS = {"AccountNumber": "_account"} | dict.fromkeys(("EmailAddress", "PersonalEmailAddress", "BusinessEmailAddress"), "_email")
_KEYS |= dict.fromkeys(("PhoneNumber", "MobilePhoneNumber", "HomePhoneNumber", "BusinessPhoneNumber"), "_phone")


class InvalidFileError(ValueError):
    """A file that cannot be read as the job's CSV."""


def destination(uri: str, snapshot: str, data_format: str) -> tuple[str, str]:
    """Bucket and key of the object that a snapshot writes below `s3://bucket/prefix`."""
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc:
        raise ServiceError("BadRequestException", f"DestinationUri {uri!r}; expected s3://bucket/prefix")
    return parts.netloc, "/".join(filter(None, (parts.path.strip("/"), f"{snapshot}.{data_format.lower()}")))


def written(entries: Iterable[Entry], data_format: str) -> bytes:
    """Profiles as JSON lines, or as CSV with one column for each member any of them has (`Attributes.name`)."""
    profiles = [entry["profile"] for entry in entries]
    if data_format == "JSONL":
        return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in profiles).encode()
    rows = [_flat(each) for each in profiles]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(dict.fromkeys(["ProfileId", *(name for row in rows for name in row)])))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def object_type(fields: Mapping[str, Mapping[str, str]], unique: str) -> dict[str, Any]:
    """What an upload job maps, as an object type; its key is predefined where the unique field goes to a member it searches."""
    named = [name for name, field in fields.items() if unique in (name, field["Source"], field["Source"].removeprefix("_source."))]
    if not named:
        raise ServiceError("BadRequestException", f"UniqueKey {unique!r} is none of the fields {', '.join(fields)}")
    target = fields[named[0]].get("Target", "").removeprefix("_profile.")
    keys = {_KEYS.get(target, named[0]): [{"StandardIdentifiers": ["UNIQUE", "PROFILE"], "FieldNames": [named[0]]}]}
    return {"Fields": fields, "Keys": keys, "AllowProfileCreation": True}


def rows_of(body: bytes, fields: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[int, Row | None]]:
    """Line number and cells of every row, None for a row of another length; empty cells are absent. Raises `InvalidFileError`.

    A byte order mark is part of the first name, as in the service, which then misses that column.
    """
    if len(body) >= MAX_FILE_BYTES:
        raise InvalidFileError(f"{len(body)} bytes; less than {MAX_FILE_BYTES} are taken")
    try:
        reader = csv.DictReader(io.StringIO(body.decode(), newline=""), strict=True)
        header = list(reader.fieldnames or [])
        wanted = [field["Source"].removeprefix("_source.") for field in fields.values()]
        if absent := [name for name in wanted if name not in header]:
            raise InvalidFileError(f"the header lacks {', '.join(absent)}")
        for row in reader:
            whole = None not in row and None not in row.values()
            yield reader.line_num, {name: value for name, value in row.items() if value} if whole else None
    except UnicodeDecodeError:
        raise InvalidFileError("not UTF-8 text") from None
    except csv.Error as error:
        raise InvalidFileError(f"not CSV: {error}") from error


def _flat(profile: Mapping[str, Any], before: str = "") -> Row:
    flat: Row = {}
    for name, value in profile.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{name}.")
        else:
            flat[f"{before}{name}"] = value if isinstance(value, str) else json.dumps(value)
    return flat
