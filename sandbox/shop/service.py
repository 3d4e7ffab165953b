"""What comes back from people beside purchases: support tickets, consents, messaging feedback; and the CRM's and stock's changes."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sandbox.shop.banner import Answer, never
from sandbox.shop.behaviour import Bools, History
from sandbox.shop.catalogue import LOCATIONS, Catalogue
from sandbox.shop.people import DAY, NEVER, People
from sandbox.shop.sales import WEEK

TOPICS = ("delivery", "quality", "refund", "payment", "account")
ABOUT_A_RETURN = ("quality", "refund")


def tickets(rng: np.random.Generator, lived: History, crowd: People, start: int) -> pd.DataFrame:
    """One ticket a contact; six in ten answer the survey, the unhappy more readily. After a return, four in five are about it."""
    week, customer = np.nonzero(lived.contacted)
    count = len(week)
    opened = start + week * WEEK + rng.integers(DAY // 3, WEEK - 2 * DAY, count)
    low = lived.low_csat[week, customer]
    csat = np.where(low, rng.integers(1, 3, count), rng.integers(3, 6, count))
    answered = rng.random(count) < np.where(low, 0.85, 0.5)
    by_mail = rng.random(count) < 0.15
    frame = pd.DataFrame(
        {
            "customer_ref": np.where(by_mail, "", np.array(crowd.refs, dtype=object)[customer]),
            "email": np.where(by_mail, np.array(crowd.email, dtype=object)[customer], ""),
            "opened_at": opened,
            "closed_at": opened + rng.integers(3_600, 2 * DAY, count),
            "channel": rng.choice(["email", "chat", "phone"], count),
            "csat": pd.array(np.where(answered, csat, -1), dtype="Int64"),
            "topic": _topics(rng, lived.returned[week, customer]),
        }
    ).sort_values("opened_at", kind="stable", ignore_index=True)
    frame["csat"] = frame["csat"].mask(frame["csat"] < 0)
    frame.insert(0, "ticket_id", [f"T{200_000 + i}" for i in range(count)])
    return frame


def _topics(rng: np.random.Generator, returned: Bools) -> np.ndarray:
    anything, about_it = rng.choice(TOPICS, len(returned)), rng.choice(ABOUT_A_RETURN, len(returned))
    return np.where(returned & (rng.random(len(returned)) < 0.8), about_it, anything)


def consents(rng: np.random.Generator, crowd: People, start: int, as_of: int) -> tuple[pd.DataFrame, dict[str, Answer]]:
    """Marketing by e-mail: 80 % granted, 10 % refused, 10 % never asked. Personalization: 85 % granted (web or any).

    About 6 % of what was granted is withdrawn later; some rows know the customer by e-mail only. Gives the log, and by purpose
    what everybody answered.
    """
    answers: dict[str, Answer] = {}
    refs, emails = np.array(crowd.refs, dtype=object), np.array(crowd.email, dtype=object)
    created = np.maximum(crowd.frame["created_at"].to_numpy(), start - 400 * DAY)
    parts: list[pd.DataFrame] = []

    def ask(purpose: str, channel: np.ndarray, granted: np.ndarray, asked: np.ndarray, source: str) -> None:
        by_mail = (rng.random(len(refs)) < 0.08) & (emails != "")
        first = created + rng.integers(1, DAY // 4, len(refs))
        frame = pd.DataFrame(
            {
                "customer_ref": np.where(by_mail, "", refs),
                "email": np.where(by_mail, emails, ""),
                "anonymous_id": "",
                "purpose": purpose,
                "channel": channel,
                "granted": granted,
                "recorded_at": first,
                "source": source,
            }
        )
        withdrawn = frame[granted & asked & (rng.random(len(refs)) < 0.06)].copy()
        withdrawn["granted"], withdrawn["source"] = False, "preference-centre"
        withdrawn["recorded_at"] += (rng.random(len(withdrawn)) * (as_of - DAY - withdrawn["recorded_at"])).astype(np.int64)
        parts.extend([frame[asked], withdrawn])
        until = never(len(refs))
        until[withdrawn.index] = withdrawn["recorded_at"]
        answers[purpose] = Answer(np.where(asked, first, never(len(refs))), granted, until)

    n = len(refs)
    luck = rng.random(n)
    ask("marketing", np.full(n, "email", dtype=object), luck < 0.8, luck < 0.9, "checkout")
    luck = rng.random(n)
    ask("personalization", np.where(rng.random(n) < 0.3, "any", "web").astype(object), luck < 0.85, luck < 0.93, "cookie-banner")
    luck = rng.random(n)
    ask("advertising", np.full(n, "any", dtype=object), luck < 0.5, luck < 0.7, "cookie-banner")
    visitors = max(n // 50, 1)
    parts.append(
        pd.DataFrame(
            {
                "customer_ref": "",
                "email": "",
                "anonymous_id": [f"visitor-{i:06d}" for i in range(visitors)],
                "purpose": "analytics",
                "channel": "web",
                "granted": rng.random(visitors) < 0.6,
                "recorded_at": rng.integers(start, as_of, visitors),
                "source": "cookie-banner",
            }
        )
    )
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["recorded_at"] < as_of].sort_values("recorded_at", kind="stable", ignore_index=True)
    frame.insert(0, "consent_id", [f"K{400_000 + i}" for i in range(len(frame))])
    return frame, answers


def feedback(rng: np.random.Generator, lived: History, crowd: People, as_of: int) -> pd.DataFrame:
    """What three earlier mailings did: opens and clicks follow engagement; a few complain, and some leave the list.

    `customer` is the number of the customer; it does not land.
    """
    emails, weeks = np.array(crowd.email, dtype=object), len(lived.engagement)
    parts = []
    for number, days in enumerate((75, 45, 15)):
        moment, engaged = as_of - days * DAY, lived.engagement[max(weeks - 1 - days // 7, 0)]
        to = np.flatnonzero((emails != "") & (rng.random(len(emails)) < 0.5))
        arrived = rng.random(len(to)) < 0.98
        opened = arrived & (rng.random(len(to)) < 0.45 * engaged[to])
        clicked = opened & (rng.random(len(to)) < 0.25)
        left = opened & (rng.random(len(to)) < 0.01)
        complains = opened & ~left & (rng.random(len(to)) < 0.001)
        for kind, which, after in (
            ("sent", to >= 0, 0),
            ("delivered", arrived, 20),
            ("bounce", ~arrived, 30),
            ("open", opened, 3_600),
            ("click", clicked, 3_700),
            ("unsubscribe", left, 3_900),
            ("complaint", complains, 4_100),
        ):
            rows = to[which]
            parts.append(
                pd.DataFrame(
                    {
                        "sink": "pinpoint",
                        "run": f"mailing-{number + 1}",
                        "campaign": f"newsletter-{number + 1}",
                        "address": emails[rows],
                        "type": kind,
                        "at": moment + after + rows % 600,
                        "channel": "email",
                        "message_id": [f"mailing-{number + 1}-{row}" for row in rows.tolist()],
                        "customer": rows,
                    }
                )
            )
    frame = pd.concat([*parts, *_texts(rng, crowd, as_of)], ignore_index=True).sort_values("at", kind="stable", ignore_index=True)
    frame.insert(0, "event_id", [f"F{600_000 + i}" for i in range(len(frame))])
    return frame


def _texts(rng: np.random.Generator, crowd: People, as_of: int) -> Iterator[pd.DataFrame]:
    """One campaign by text message, three weeks ago; one in fifty answers STOP."""
    phones = crowd.frame["phone"].to_numpy(dtype=object)
    to = np.flatnonzero((phones != "") & (rng.random(len(phones)) < 0.1))
    for kind, rows, after in (("sent", to, 0), ("delivered", to, 9), ("unsubscribe", to[rng.random(len(to)) < 0.02], 900)):
        yield pd.DataFrame(
            {
                "sink": "pinpoint",
                "run": "texts-1",
                "campaign": "flash-sale-1",
                "address": phones[rows],
                "type": kind,
                "at": as_of - 21 * DAY + after + rows % 600,
                "channel": "sms",
                "message_id": [f"texts-1-{row}" for row in rows.tolist()],
                "customer": rows,
            }
        )


def crm_versions(rng: np.random.Generator, crowd: People, load_at: int, as_of: int) -> pd.DataFrame:
    """Customers with their later changes: three in a hundred change their e-mail, a few ask to be deleted.

    Not those with several records: what makes them one person stays as it is.
    """
    frame = crowd.frame.copy()
    frame.insert(0, "op", "I")
    frame.insert(1, "source_ts", frame["created_at"])
    single = crowd.second_since == NEVER
    moved = frame[(rng.random(len(frame)) < 0.03) & (frame["email"] != "") & single].copy()
    moved["email"] = moved["email"].str.replace("@mail.", "@post.", regex=False)
    moved["op"] = "U"
    moved["source_ts"] = np.maximum(moved["source_ts"], load_at) + 60
    moved["source_ts"] += (rng.random(len(moved)) * (as_of - 60 - moved["source_ts"])).astype(np.int64)
    gone = frame[(rng.random(len(frame)) < 0.0005) & single].copy()
    gone["op"], gone["source_ts"] = "D", as_of - rng.integers(60, 20 * DAY, len(gone))
    gone = gone[gone["source_ts"] > gone["created_at"]]
    further = crowd.further.assign(op="I", source_ts=crowd.further["created_at"])
    versions: pd.DataFrame = pd.concat([frame, further, moved, gone], ignore_index=True)
    return versions.sort_values("source_ts", kind="stable", ignore_index=True)


def product_versions(rng: np.random.Generator, products: Catalogue, start: int, load_at: int, as_of: int) -> pd.DataFrame:
    """Products with one later price change for every tenth, and a few taken from the range."""
    frame = products.frame.copy()
    frame.insert(0, "op", "I")
    frame.insert(1, "source_ts", start - rng.integers(DAY, 300 * DAY, len(frame)))
    dearer = frame[rng.random(len(frame)) < 0.1].copy()
    dearer["price"] = np.round(dearer["price"] * rng.choice([0.9, 1.05, 1.1], len(dearer)), 2)
    ended = frame[rng.random(len(frame)) < 0.02].copy()
    ended["active"] = False
    for later in (dearer, ended):
        later["op"], later["source_ts"] = "U", rng.integers(load_at, as_of, len(later))
    return pd.concat([frame, dearer, ended], ignore_index=True).sort_values("source_ts", kind="stable", ignore_index=True)


def stock_versions(rng: np.random.Generator, products: Catalogue, load_at: int, as_of: int) -> pd.DataFrame:
    """Stock by product and location, with one later count for a third of them; one in twelve is sold out."""
    ids = products.frame["product_id"].to_numpy()
    size = len(ids) * len(LOCATIONS)
    frame = pd.DataFrame(
        {
            "op": "I",
            "source_ts": load_at - rng.integers(60, DAY, size),
            "product_id": np.repeat(ids, len(LOCATIONS)),
            "location_id": np.tile(np.array(LOCATIONS, dtype=object), len(ids)),
            "quantity": np.where(rng.random(size) < 1 / 12, 0, rng.poisson(25, size)),
        }
    )
    counted = frame[rng.random(size) < 1 / 3].copy()
    counted["op"], counted["quantity"] = "U", np.where(rng.random(len(counted)) < 1 / 12, 0, rng.poisson(20, len(counted)))
    counted["source_ts"] = rng.integers(load_at, as_of, len(counted))
    both = pd.concat([frame, counted], ignore_index=True).sort_values("source_ts", kind="stable", ignore_index=True)
    both["updated_at"] = both["source_ts"]
    return both
