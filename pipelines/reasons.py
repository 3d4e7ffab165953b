"""Who is told why: the customers whose scores are explained, and by what.

Exact SHAP values cost about 40 times the prediction, so the knob `contactable` explains whom an activation could contact: who consented
to marketing, on any channel that messages go through, and is in the band high or medium. Whether they have an address, are held out or
are capped is decided at sending, later than this, and is not looked at.
"""

import logging
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from omnichannel.contracts.consent import Channel, Purpose
from omnichannel.contracts.scores import Band
from omnichannel.scoring.model import Matrix, TrainedModel
from omnichannel.transform.lake import Lake
from pipelines.returned import Returned, split

log = logging.getLogger(__name__)

TOP = 3
EXPLAINED_BANDS = frozenset({Band.HIGH.value, Band.MEDIUM.value})
CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.PUSH)
"""What messages go through; the consent for `web` is about the page that somebody looks at."""
CONSENTED = "consented"

# The rule of `omnichannel.consent.gate`: the newer of the channel's own consent and the one for any channel; a refusal wins a tie.
CONSENTED_QUERY = f"""
    WITH given AS (SELECT * FROM consent_state WHERE purpose = '{Purpose.MARKETING.value}'),
    asked AS (
        SELECT customer_id, unnest([{", ".join(f"'{c.value}'" for c in CHANNELS)}]) AS asked, channel, granted, recorded_at FROM given
    ),
    counted AS (SELECT * FROM asked WHERE channel = asked OR channel = '{Channel.ANY.value}'),
    newest AS (
        SELECT customer_id, asked, bool_and(granted) AS granted
        FROM (SELECT *, max(recorded_at) OVER (PARTITION BY customer_id, asked) AS last FROM counted)
        WHERE recorded_at = last GROUP BY ALL
    )
    SELECT DISTINCT customer_id FROM newest WHERE granted
"""  # noqa: S608 - names of the contract

WHO_QUERY = f"SELECT count(*) AS n, bit_xor(CAST('0x' || left(sha256(customer_id), 15) AS BIGINT)) AS who FROM {CONSENTED}"  # noqa: S608 - our name


class Explained(StrEnum):
    """The knob: whose scores are explained."""

    CONTACTABLE = "contactable"
    ALL = "all"
    NONE = "none"


def read_consented(catalog: Any, database: str, as_of: date, returned: Returned) -> str:
    """Puts who consented to marketing before `as_of` beside what came back, in the same parts; gives a name for who they are."""
    moment = datetime.combine(as_of, time(), tzinfo=UTC)
    work = returned.folder / "consents"
    work.mkdir()
    lake = Lake(catalog, database, work, as_of=moment)
    try:
        lake.build("consent_state")
        lake.connection.execute(f"CREATE TABLE {CONSENTED} AS {CONSENTED_QUERY}")
        found = lake.rows(WHO_QUERY)[0]
        if found["n"]:
            split(lake.connection, CONSENTED, returned.folder / CONSENTED, returned.parts, returned.buckets)
    finally:
        lake.close()
    log.info("%d customers consented to marketing before %s", found["n"], as_of)
    return f"{found['n']}-{found['who']}"


def consented(returned: Returned, part: int) -> frozenset[str]:
    """Those of one part."""
    folder = returned.folder / CONSENTED / f"part={part}"
    if not folder.exists():
        return frozenset()
    rows = returned.connection.execute(f"SELECT customer_id FROM {returned.side(CONSENTED, part)}").fetchall()  # noqa: S608 - our own path
    return frozenset(row[0] for row in rows)


def wanted(knob: Explained, ids: list[str], bands: list[str], allowed: frozenset[str]) -> npt.NDArray[np.bool_]:
    """Which rows are explained."""
    if knob is not Explained.CONTACTABLE:
        return np.full(len(ids), knob is Explained.ALL)
    return np.array([band in EXPLAINED_BANDS and i in allowed for i, band in zip(ids, bands, strict=True)], dtype=np.bool_)


def explained(model: TrainedModel, matrix: Matrix, rows: npt.NDArray[np.bool_]) -> list[list[str]]:
    """The reasons of each row, strongest first; none for those that are not explained."""
    found: list[list[str]] = [[] for _ in range(len(matrix))]
    if rows.any():
        for row, reasons in zip(np.flatnonzero(rows), model.reasons(matrix[rows], TOP), strict=True):
            found[row] = reasons
    return found
