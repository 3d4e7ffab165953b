"""Who is behind the records: persons with several CRM records, an office address and till tablets that many share.

What resolution should find out of it stands in the truth file: references of one person, and values that join nobody.
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sandbox.shop.behaviour import Ints
from sandbox.shop.people import DAY, People
from sandbox.shop.truth import Shared

DOUBLES = 0.03
THIRDS = 0.1
"""Of the persons with two records, how many have a third one, known by the phone number of the second only."""
OFFICE_EMAIL = "front.desk@acme-works.example"
OFFICE_LEAST, OFFICE_SHARE = 12, 1 / 500
TABLETS = ("tablet-store-01", "tablet-store-02")
TABLET_LEAST, TABLET_SHARE = 15, 0.03


@dataclass(frozen=True)
class SignIns:
    """Customers who signed in on a till's tablet, in time order: customer number, tablet number, second since 1970."""

    customer: Ints
    tablet: Ints
    at: Ints


def doubled(rng: np.random.Generator, crowd: People, start: int, end: int) -> tuple[People, list[list[str]], Shared]:
    """The same people, some with further CRM records, some with an office's address; the references of each person with several,
    and the address."""
    known, everybody = crowd.frame, np.arange(len(crowd.refs))
    reachable = everybody[(known[list(TOLD)] != "").any(axis=1).to_numpy()]
    twice = np.sort(rng.permutation(reachable)[: max(2, round(len(everybody) * DOUBLES))])
    first_seen = np.maximum(known["created_at"].to_numpy()[twice], start)
    since = first_seen + ((0.2 + 0.7 * rng.random(len(twice))) * (end - DAY - first_seen)).astype(np.int64)
    second = _second_records(rng, crowd, twice, since)
    third = _third_records(second[: max(1, round(len(second) * THIRDS))], end)
    office = _office(known, rng.permutation(np.setdiff1d(everybody, twice)))
    frame, emails = known.copy(), np.array(crowd.email, dtype=object)
    frame.loc[office, "email"], emails[office] = OFFICE_EMAIL, ""
    refs, after = np.array(crowd.second_refs, dtype=object), crowd.second_since.copy()
    refs[twice], after[twice] = second["customer_ref"].to_numpy(), since
    same = [[crowd.refs[number], str(refs[number])] for number in twice.tolist()]
    for persons, ref in zip(same, third["customer_ref"], strict=False):
        persons.append(str(ref))
    further = pd.concat([second, third], ignore_index=True)
    people = replace(crowd, frame=frame, email=emails.tolist(), further=further, second_refs=refs.tolist(), second_since=after)
    return people, same, Shared("email_sha256", hashed(OFFICE_EMAIL), len(office))


def hashed(value: str) -> str:
    """SHA-256 of an identifier: what the truth file says instead of the value."""
    return hashlib.sha256(value.encode()).hexdigest()


def _second_records(rng: np.random.Generator, crowd: People, twice: Ints, since: Ints) -> pd.DataFrame:
    """A second record of each: it shares the card, the phone number or the e-mail address, written as somebody else would."""
    rows = []
    wish = rng.integers(0, len(TOLD), len(twice)).tolist()
    for number, want, row in zip(twice.tolist(), wish, crowd.frame.iloc[twice].to_dict("records"), strict=True):
        held = [name for name in TOLD if row[name]]
        shared = held[want % len(held)]
        mail = f"{row['first_name']}.{number}@web.example".lower()
        own = {"customer_ref": f"C{900_000 + number}", "loyalty_card": "", "phone": f"+49 1556 {number:07d}", "email": mail}
        rows.append({**row, **own, shared: TOLD[shared](row[shared])})
    return pd.DataFrame(rows, columns=crowd.frame.columns).assign(created_at=since)


def _third_records(second: pd.DataFrame, end: int) -> pd.DataFrame:
    """A third record, known by the phone number of the second alone."""
    refs = [str(ref).replace("C9", "C8", 1) for ref in second["customer_ref"]]
    later = second["created_at"] + (end - second["created_at"]) // 2
    return second.assign(customer_ref=refs, phone=second["phone"].map(_dialled), email="", loyalty_card="", created_at=later)


def _spaced(card: str) -> str:
    return f"{card[:1]} {card[1:5]} {card[5:]}".lower()


def _dialled(phone: str) -> str:
    return phone.replace("+", "00").replace(" ", "-")


TOLD = {"loyalty_card": _spaced, "phone": _dialled, "email": str.upper}
"""How a second record writes what the first one has."""


def _office(known: pd.DataFrame, others: Ints) -> Ints:
    """Who has the office's address and none of their own: first those who had none anyway."""
    without = others[known["email"].to_numpy()[others] == ""]
    rest = others[known["email"].to_numpy()[others] != ""]
    return np.concatenate([without, rest])[: max(OFFICE_LEAST, round(len(known) * OFFICE_SHARE))]


def sign_ins(rng: np.random.Generator, crowd: People, start: int, end: int) -> SignIns:
    """Customers of the shops signing in at the tills."""
    size = min(len(crowd.refs) // len(TABLETS), max(TABLET_LEAST, round(len(crowd.refs) * TABLET_SHARE)))
    chosen = rng.permutation(len(crowd.refs))[: size * len(TABLETS)]
    earliest = np.maximum(crowd.frame["created_at"].to_numpy()[chosen], start)
    at = earliest + (rng.random(len(chosen)) * (end - 60 - earliest)).astype(np.int64)
    by_time = np.argsort(at, kind="stable")
    return SignIns(chosen[by_time], np.arange(len(chosen))[by_time] % len(TABLETS), at[by_time])


def shared_tablets(seen: SignIns) -> list[Shared]:
    """The tablets as the truth file names them, each by both of its identifiers."""
    counts = np.bincount(seen.tablet, minlength=len(TABLETS)).tolist()
    return [
        Shared(kind, hashed(value), counts[number])
        for number, name in enumerate(TABLETS)
        for kind, value in (("anonymous_id", name), ("device_id", device_of(name)))
    ]


def device_of(tablet: str) -> str:
    """The hardware's own id of a tablet."""
    return f"POS-{tablet.upper()}"
