"""The order of a table's messages: files together, requests one by one, nothing past what failed."""

import json

import pytest
from botocore.exceptions import ClientError

from omnichannel.contracts.trusted import Compact, Expire, group_of
from omnichannel.onboarding.commit import UnreadableStagedFile
from omnichannel.onboarding.history import Staged
from omnichannel.trusted.inbox import Message, NotAMessage, work_off


def file(number):
    staged = Staged(content_id=f"c{number}", dataset="sales/orders", key="landed", status="staged", rows_staged=1)
    return Message.of(str(number), json.dumps(staged.to_dict()))


def request(number):
    return Message.of(str(number), json.dumps(Expire.of(f"r{number}", "orders_changes").to_dict()))


def worked_off(*messages, refuse=()):
    """What was done in which order, and the outcome; files and requests in `refuse` fail."""
    done = []

    def commit(_dataset, files):
        for unreadable in (f.content_id for f in files if f.content_id in refuse):
            raise UnreadableStagedFile(unreadable, "FileNotFoundError")
        done.append([f.content_id for f in files])
        return len(files)

    def fulfil(asked):
        if asked.id in refuse:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "ListObjectVersions")
        done.append(asked.id)

    return done, work_off(messages, commit, fulfil)


def test_files_side_by_side_are_one_commit_and_requests_keep_their_place():
    done, outcome = worked_off(file(1), file(2), request(3), file(4), request(5))

    assert done == [["c1", "c2"], "r3", ["c4"], "r5"]
    assert (outcome.failed, outcome.files, outcome.rows, outcome.requests) == ({}, 3, 3, 2)


def test_an_unreadable_file_fails_alone_and_the_request_behind_it_waits():
    done, outcome = worked_off(file(1), file(2), request(3), file(4), refuse={"c1"})

    assert done == [["c2"]]
    assert list(outcome.failed) == ["1", "3", "4"]
    assert outcome.failed["3"] == "waits for what is before it"


def test_a_request_that_fails_holds_up_what_is_behind_it():
    done, outcome = worked_off(request(1), request(2), file(3), refuse={"r1"})

    assert done == []
    assert outcome.failed["1"] == "SlowDown in ListObjectVersions"
    assert list(outcome.failed) == ["1", "2", "3"]


def test_a_content_that_is_named_twice_is_committed_once():
    first, again = file(1), file(1)

    done, outcome = worked_off(first, Message("9", again.content))

    assert done == [["c1"]]
    assert outcome.failed == {}


def test_all_messages_of_a_content_that_cannot_be_read_come_again():
    _, outcome = worked_off(file(1), Message("9", file(1).content), refuse={"c1"})

    assert list(outcome.failed) == ["1", "9"]


BROKEN = {
    "no JSON": "ann@example.com",
    "no object": "[1]",
    "a field too many": json.dumps(
        {"content_id": "c", "dataset": "sales/orders", "key": "k", "status": "staged", "who": "ann@example.com"}
    ),
    "an unknown data set": json.dumps({"content_id": "c", "dataset": "sales/other", "key": "k", "status": "staged"}),
    "an unknown request": json.dumps({"request": "forget", "who": "ann@example.com"}),
    "a request that lacks fields": json.dumps({"request": "expire", "id": "1"}),
    "a request of another group": json.dumps(Compact.of("1", "events").to_dict() | {"dataset": "sales/orders"}),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_message_says_so_and_repeats_nothing_of_it(kind):
    with pytest.raises(NotAMessage) as refused:
        Message.of("1", BROKEN[kind])

    assert "ann@example.com" not in str(refused.value)


def test_requests_travel_in_the_group_of_the_tables_files():
    assert group_of("orders_changes") == file(1).group == "sales/orders"
    assert group_of("identity_links") == "identity_links"
