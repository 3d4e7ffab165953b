"""What may be asked of a customer's item."""

from enum import StrEnum


class Field(StrEnum):
    """Groups of attributes that may be asked for. `CONTACT`, `PROFILE` and `REFS` say who somebody is: only who names them gets them."""

    AGGREGATES = "aggregates"
    SEGMENTS = "segments"
    CONSENTS = "consents"
    SCORES = "scores"
    NEXT_ACTION = "next_action"
    QUALITY = "quality"
    PROFILE = "profile"
    CONTACT = "contact"
    REFS = "refs"


PERSONAL = frozenset({Field.PROFILE, Field.CONTACT, Field.REFS})
USUAL = tuple(field for field in Field if field not in PERSONAL)
"""What is answered when no field is named."""
