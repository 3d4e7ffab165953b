"""How many short messages a text takes, by 3GPP TS 23.038: 160 characters of GSM 7-bit, else 70 of UCS-2; fewer each in a chain."""

from dataclasses import dataclass

MOST_CHARACTERS = 800
"""A text message template of Amazon Connect, its limit on characters."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("^{}\\[~]|€\f")
"""Characters of the extension table: an escape and one more."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """`encoding` GSM-7 or UCS-2, `units` in it, and the short messages that they fill."""

    encoding: str
    units: int
    segments: int


def size(text: str) -> Size:
    """What the text takes; one of no characters takes one message."""
    if all(char in _BASIC or char in _TWICE for char in text):
        return _size("GSM-7", [2 if char in _TWICE else 1 for char in text], 160, 153)
    return _size("UCS-2", [2 if ord(char) > 0xFFFF else 1 for char in text], 70, 67)


def _size(encoding: str, widths: list[int], alone: int, chained: int) -> Size:
    units = sum(widths)
    if units <= alone:
        return Size(encoding=encoding, units=units, segments=1)
    # A character of two units is never cut by the border between two messages.
    segments, room = 1, chained
    for width in widths:
        if width > room:
            segments, room = segments + 1, chained
        room -= width
    return Size(encoding=encoding, units=units, segments=segments)
