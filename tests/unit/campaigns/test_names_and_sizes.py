"""First names as people write them, and how many short messages a text takes."""

import pytest

from omnichannel.campaigns import sms, values


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Ada", "Ada"), ("  Anne   Marie ", "Anne Marie"), ("O'Neil", "O'Neil"), ("Jean-Luc", "Jean-Luc"), ("J. R.", "J. R."),
        ("Zoë", "Zoë"), ("प्रिया", "प्रिया"), ("李", "李"), ("محمد", "\u2068محمد\u2069"), ("Anna 🌸", "Anna"),
        ("", ""), ("ada@example.org", ""), ("http://evil.example", ""), ("evil.example", ""), ("4711", ""), ("<b>Ada</b>", ""), ("---", ""),
        ("{{ 7*7 }}", ""), ("x" * 60, "x" * 39 + "…"),
    ],
)  # fmt: skip
def test_a_name_is_what_people_are_called(given: str, name: str) -> None:
    assert values.first_name(given) == name


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("a" * 160, "GSM-7", 160, 1), ("a" * 161, "GSM-7", 161, 2), ("a" * 306, "GSM-7", 306, 2), ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1), ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3), ("é à ü", "GSM-7", 5, 1),
        ("ç", "UCS-2", 1, 1), ("я" * 70, "UCS-2", 70, 1), ("я" * 71, "UCS-2", 71, 2), ("🌸" * 35, "UCS-2", 70, 1), ("", "GSM-7", 0, 1),
    ],
)  # fmt: skip
def test_a_text_takes_so_many_messages(text: str, encoding: str, units: int, segments: int) -> None:
    assert sms.size(text) == sms.Size(encoding=encoding, units=units, segments=segments)
