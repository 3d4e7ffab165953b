"""Who is erased is gone from every file that activation writes; the other rows stay byte for byte."""

from pathlib import Path

import pytest

from omnichannel.activation import file_adapter, segment_files
from omnichannel.activation.messaging import Recipient
from omnichannel.activation.parts import Member
from omnichannel.activation.segment import Event
from omnichannel.activation.segment_bridge import event_of, hash_of
from omnichannel.activation.segment_files import Line
from omnichannel.campaigns.messages import Message
from omnichannel.contracts import privacy, zones
from omnichannel.privacy import rewrite, search, unpack
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.subject import Subject
from omnichannel.privacy.unpack import Form, Stored

AS_OF = "2026-03-01"
PEOPLE = [
    ("c_1", "CRM-1001", "ann@mail.example"),
    ("c_2", "77", "ben@mail.example"),
    ("c_3", "CRM-10010", "jo-ann@mail.example"),
    ("c_4", "778", "dora@mail.example"),
]
"""Two to be forgotten, one with a reference of digits alone, and two whose identifiers only look like theirs."""
GONE = ("CRM-1001", "ann@mail.example", "c_1"), ("77", "ben@mail.example", "c_2")
DECISION = {"action": "win-back", "campaign": "win-back", "channel": "email", "p": 0.77, "value": 77, "score": 0.77, "items": ["P-77"]}


def _members() -> list[Member]:
    traits = {"churn_propensity": 0.77, "recommended_items": ["P-77", "P-1001"], "propensity_as_of": AS_OF}
    return [Member(customer_id, ref, traits, decision=DECISION) for customer_id, ref, _ in PEOPLE]


def _line(member: Member) -> Line:
    event = event_of(member, hash_of(member.traits), AS_OF)
    assert isinstance(event, Event)
    return Line(member, event, None)


def _identify() -> bytes:
    return segment_files.as_csv([segment_files.identified(_line(each), AS_OF) for each in _members()], segment_files._COLUMNS["identify"])


def _track() -> bytes:
    return segment_files.as_csv([segment_files.decided(_line(each), AS_OF) for each in _members()], segment_files._COLUMNS["track"])


def _messages() -> bytes:
    reached = [
        Recipient(member=member, channel="email", address=address, item={}, traits_hash="h", message_id="m")
        for member, (_, _, address) in zip(_members(), PEOPLE, strict=True)
    ]
    bodies = {
        each.member.customer_id: Message(subject='"Hi", you', body=f"Dear {each.address},\n\n77 € off, only today.\n") for each in reached
    }
    return file_adapter.as_csv(reached, bodies)


@pytest.mark.parametrize("made", [_identify, _track, _messages])
@pytest.mark.parametrize(("ref", "address", "customer_id"), GONE)
def test_the_person_is_gone_and_the_others_stay_byte_for_byte(tmp_path: Path, made, ref, address, customer_id):
    written = made()
    (tmp_path / "in.csv").write_bytes(written)
    person = Subject(
        customer_ids=(customer_id,),
        values={Kind.CUSTOMER_ID: frozenset({customer_id}), Kind.CUSTOMER_REF: frozenset({ref}), Kind.EMAIL: frozenset({address})},
    )

    done = rewrite.without(_stored(tmp_path / "in.csv"), Form.TABLE, Matcher(person), tmp_path / "out.csv")

    rows = unpack.records(written, Form.TABLE)
    place = 1 + next(n for n, (found, _, _) in enumerate(PEOPLE) if found == customer_id)
    assert (tmp_path / "out.csv").read_bytes() == b"".join(rows[:place] + rows[place + 1 :])
    assert done == rewrite.Rewritten(removed=1, kept=len(PEOPLE) - 1)
    assert unpack.form_of(_stored(tmp_path / "in.csv")) is Form.TABLE
    assert search.found(_stored(tmp_path / "in.csv"), Matcher(person))
    assert not search.found(_stored(tmp_path / "out.csv"), Matcher(person))


@pytest.mark.parametrize("prefix", [zones.segment_files("run-1"), zones.messaging_files("run-1", "file")])
def test_the_files_lie_where_an_erasure_looks(prefix):
    assert prefix.startswith(privacy.ERASED_ZONES)


def _stored(path: Path) -> Stored:
    return Stored(stream=lambda: path.open("rb"), local=lambda: path)
