"""Live events: kept as they came, used once an id, linked to users by session."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox.twins.records import Records

Event = dict[str, Any]


class LiveEvents:
    """The events of PutEvents. A repeated event id is kept but not used again."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._ids: set[tuple[str, str]] = set()
        self._sessions_of: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._by_session: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
        for line in records.read(kind="event"):
            self._remember(line)

    def put(self, group: str, session_id: str, user_id: str | None, events: list[Event]) -> None:
        """Keeps the events of one call."""
        with self._lock:
            for event in events:
                key = (group, event["eventId"]) if event.get("eventId") else None
                used = key is None or key not in self._ids
                kept = {**event, "sentAt": event["sentAt"].isoformat()}
                line = {"group": group, "sessionId": session_id, "userId": user_id, "used": used, **kept}
                self._records.append("event", **line)
                self._remember(line)

    def all(self, equal: dict[str, str]) -> list[Event]:
        """Every event that was put and whose members equal those given, oldest first."""
        return self._records.read(None, **{**equal, "kind": "event"})

    def of_user(self, group: str, user_id: str) -> Iterator[tuple[str, str, float]]:
        """(item, event type, epoch seconds) of the user's events, those of their sessions before login included."""
        with self._lock:
            sessions = sorted(self._sessions_of[group, user_id])
            events = [event for session in sessions for event in self._by_session[group, session]]
        for event in events:
            if event.get("itemId") and event.get("userId") in (None, user_id):
                yield event["itemId"], event["eventType"], datetime.fromisoformat(event["sentAt"]).timestamp()

    def forget(self, users: set[str]) -> int:
        """Drops the users' events, those of their sessions before login included; gives how many."""
        with self._lock:
            sessions = {(group, each) for (group, user), seen in self._sessions_of.items() if user in users for each in seen}
            for key in sessions:
                self._by_session.pop(key, None)
            for owner in [each for each in self._sessions_of if each[1] in users]:
                del self._sessions_of[owner]
            return self._records.drop(lambda line: line.get("userId") in users or (line["group"], line["sessionId"]) in sessions)

    def close(self) -> None:
        """Closes the file."""
        self._records.close()

    def _remember(self, line: Event) -> None:
        group, session, user = line["group"], line["sessionId"], line.get("userId")
        if line.get("eventId"):
            self._ids.add((group, line["eventId"]))
        if user:
            self._sessions_of[group, user].add(session)
        if line["used"]:
            self._by_session[group, session].append(line)
