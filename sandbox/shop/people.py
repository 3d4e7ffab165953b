"""The customers of the generated shop as its CRM knows them. Every name, address and number is made up."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandbox.shop.behaviour import Bools, Character, Ints

FIRST = (
    "Ada",
    "Ben",
    "Cleo",
    "Dario",
    "Elif",
    "Femke",
    "Goran",
    "Hanna",
    "Ivo",
    "Jana",
    "Kofi",
    "Lena",
    "Milo",
    "Nora",
    "Oskar",
    "Paula",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
    "Ugo",
    "Vera",
    "Wim",
    "Xenia",
    "Yara",
    "Zoe",
)
LAST = (
    "Adler",
    "Bakker",
    "Conti",
    "Dubois",
    "Eriksen",
    "Ferrari",
    "Garcia",
    "Horvat",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lopez",
    "Müller",
    "Novak",
    "O'Brien",
    "Petit",
    "Rossi",
    "Sørensen",
    "Torres",
    "Weiss",
)
PLACES = (
    ("DE", "BE", "Europe/Berlin", "de"),
    ("FR", "IDF", "Europe/Paris", "fr"),
    ("NL", "NH", "Europe/Amsterdam", "nl"),
    ("IT", "LOM", "Europe/Rome", "it"),
    ("ES", "MD", "Europe/Madrid", "es"),
    ("GB", "LND", "Europe/London", "en"),
)
PLACE_SHARES = (0.32, 0.2, 0.16, 0.12, 0.1, 0.1)
DAY = 86_400
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class People:
    """`frame` has the columns of `crm/customers`, one row a customer, times in seconds since 1970.

    Some have another CRM record too: `further` has its row, `second_refs` its reference (empty for everybody else), and from
    `second_since` on the customer goes by it.
    """

    frame: pd.DataFrame
    email: list[str]
    loyalty: list[str]
    favourite: Ints
    second: Ints
    devices: Ints
    phone_first: Bools
    further: pd.DataFrame
    second_refs: list[str]
    second_since: Ints

    @cached_property
    def refs(self) -> list[str]:
        """Every customer_ref, in order."""
        return [str(ref) for ref in self.frame["customer_ref"]]

    def refs_at(self, customer: Ints, at: Ints) -> npt.NDArray[np.object_]:
        """By which reference each of these customers goes at that second."""
        first, second = np.array(self.refs, dtype=object), np.array(self.second_refs, dtype=object)
        return np.where(at >= self.second_since[customer], second[customer], first[customer])


def people(rng: np.random.Generator, who: Character, start: int, categories: int) -> People:
    """One CRM row per character; `start` is the first simulated second."""
    n = len(who.rhythm_days)
    first, last = rng.integers(0, len(FIRST), n), rng.integers(0, len(LAST), n)
    place = rng.choice(len(PLACES), n, p=PLACE_SHARES)
    has_email, has_card = rng.random(n) >= 0.05, (rng.random(n) < 0.55) | (who.store_share == 1)
    plain = [name.lower().replace("'", "").replace("ü", "u").replace("ø", "o") for name in LAST]
    email = [f"{FIRST[first[i]].lower()}.{plain[last[i]]}{i}@mail.example" if has_email[i] else "" for i in range(n)]
    loyalty = [f"L{70_000_000 + i * 7}" if has_card[i] else "" for i in range(n)]
    before = start - rng.integers(30, 900, n) * DAY + rng.integers(0, DAY, n)
    joined = start + who.joined_week * 7 * DAY + rng.integers(0, DAY // 2, n)
    born = rng.integers(-15_000, 13_500, n).astype("datetime64[D]").astype(str)
    frame = pd.DataFrame(
        {
            "customer_ref": [f"C{100_000 + i}" for i in range(n)],
            "email": email,
            "phone": [f"+49 1555 {i:07d}" if keep else "" for i, keep in enumerate(rng.random(n) < 0.6)],
            "loyalty_card": loyalty,
            "first_name": [FIRST[i] for i in first],
            "last_name": [LAST[i] for i in last],
            "birth_date": [day if keep else "" for day, keep in zip(born, rng.random(n) < 0.7, strict=True)],
            "country": [PLACES[p][0] for p in place],
            "region": [PLACES[p][1] for p in place],
            "timezone": [PLACES[p][2] for p in place],
            "language": [PLACES[p][3] for p in place],
            "created_at": np.where(who.joined_week < 0, before, joined),
        }
    )
    return People(
        frame=frame,
        email=email,
        loyalty=loyalty,
        favourite=rng.integers(0, categories, n),
        second=rng.integers(0, categories, n),
        devices=rng.integers(1, 3, n),
        phone_first=rng.random(n) < 0.6,
        further=frame.iloc[:0],
        second_refs=[""] * n,
        second_since=np.full(n, NEVER),
    )
