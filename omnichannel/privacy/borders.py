"""Where a word begins and ends in bytes: what may stand beside it in UTF-8, as JSON escapes it, and as URLs do.

Letters and digits go on a word, those beyond ASCII too: `ÅÄÖ 100` does not stand in `ÉÅÄÖ 100`. Blanks, quotation marks, emoji and scripts
that are written without blanks between words do not, however they are escaped: JSON's `\\n`, `\\u003c` and `\\u201c` end in letters and
digits that are none of the text. Patterns are of RE2 and of `re` alike, over bytes, three of which are looked at before a word: the lead of
a letter of two bytes is C3 to DF (but for × and ÷), of those with three bytes E1 B8 to E1 BF are letters (Vietnamese, Greek with accents).
"""

_HEX = "[0-9A-Fa-f]"


def borders(*, joined: bool) -> tuple[str, str]:
    """What stands before a word and after it, as patterns that take it with them; `joined`: a dash or an underscore goes on the word."""
    dash, ascii_ = "_-" if joined else "", _no_letter(joined=joined)
    before = (
        rf"^[\x80-\xbf]{{0,2}}|[^A-Za-z0-9\x80-\xbf{dash}]|[^\x80-\xbf\xc3-\xdf][\x80-\xbf]|\xc3[\x97\xb7]"
        rf"|[^\xe1][\x80-\xbf]{{2}}|\xe1[\x80-\xb7][\x80-\xbf]|\\[bfnrt]|{_in_json(ascii_)}|{_in_url(ascii_)}"
    )
    after = (
        rf"[^A-Za-z0-9\xc3-\xdf\xe1\\{dash}]|$|[\xc3-\xdf](?:[^\x80-\xbf]|$)|\xc3[\x97\xb7]|\xe1(?:[^\xb8-\xbf]|$)"
        rf"|\\(?:[^u]|$)|\\u(?:[^0-9A-Fa-f]|$)|{_in_json(ascii_)}"
    )
    return f"(?-i:{before})", f"(?-i:{after})"


def _no_letter(*, joined: bool) -> str:
    """Two digits of the ASCII that is neither a letter nor a digit: 2D is the dash, 5F the underscore."""
    two, five = ("[0-9A-CEFa-cef]", "[B-Eb-e]") if joined else (_HEX, "[B-Fb-f]")
    return rf"[01]{_HEX}|2{two}|3[A-Fa-f]|40|5{five}|60|7[B-Fb-f]"


def _in_json(ascii_: str) -> str:
    """ASCII and Latin-1 without letters, and everything but the alphabets."""
    low = rf"00(?:{ascii_}|[89ABab]{_HEX}|[DFdf]7)"
    return rf"\\u(?:{low}|0[89A-Fa-f]{_HEX}{_HEX}|1[0-9A-Da-d]{_HEX}{_HEX}|[2-9A-Fa-f]{_HEX}{_HEX}{_HEX})"


def _in_url(ascii_: str) -> str:
    follows = rf"%[89ABab]{_HEX}"
    return rf"%(?:{ascii_}|[Cc]2{follows}|[Cc]3%(?:97|[Bb]7)|[Ee][02-9A-Fa-f]{follows}{follows}|[Ff][0-4]{follows}{follows}{follows})"
