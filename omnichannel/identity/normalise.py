"""One spelling for every identifier, so that equal identifiers are equal texts; None for what identifies nobody.

The same forms are made by the expressions of `omnichannel.transform.identity_values` in DuckDB and in Spark; a test compares all three.
Patterns keep to what RE2, Java and Python read alike.

Dots and what follows a plus stay in an e-mail address: whether `a.b+shop@` reaches the same person as `ab@` is the mail provider's
matter, and where it does not, taking them away would join strangers. It also keeps our hash the one that Segment and advertisers make.
"""

import hashlib
import re
import unicodedata

BLANKS = " \t\n\r\v\f"

BLOCKED = (
    "-1", "null", "none", "nil", "nan", "n/a", "na", "undefined", "unknown", "anonymous", "anon", "void", "empty", "test", "guest",
    "true", "false", "abc123", "deleted", "(not set)", "[object object]",
)  # fmt: skip
"""Texts that programs and people write where they have no identifier. Segment asks to block the first four, `void` and `abc123`."""
ZEROS = r"^[0-]*$"
"""Zeros and dashes: a cleared advertising id, an empty UUID. Segment's own pattern."""

ADDRESS = r"^[^@ \t\n\r\f]+@[^@ \t\n\r\f]+\.[^@ \t\n\r\f]+$"
NO_ONES_MAILBOX = r"^(test|noreply|no-reply|donotreply|do-not-reply|null|none|unknown|undefined|anonymous|guest|na|n/a)@"
LOWER_FIRST = (("İ", "i"), ("Σ", "σ"))
"""Two capitals whose small letter DuckDB, Java and Python do not agree on."""

CARD_SEPARATORS = r"[^0-9A-Za-z]"
PHONE_DECORATION = r"\(0\)|[ \t./()\-]"
DIALLED = r"^(\+|00)?[0-9]+$"
E164 = r"^\+[1-9][0-9]{6,14}$"
NO_ONES_PHONE = r"^\+[0-9]{1,3}(0+|1+|9+|123456789?0?)$"

TRUNK_ZERO = {
    "AT": "43", "AU": "61", "BE": "32", "BG": "359", "CH": "41", "DE": "49", "FI": "358", "FR": "33", "GB": "44", "HR": "385", "IE": "353",
    "JP": "81", "NL": "31", "NZ": "64", "RO": "40", "SE": "46", "SI": "386", "SK": "421", "TR": "90", "ZA": "27",
}  # fmt: skip
"""Calling codes of countries where a number dialled at home begins with a 0 that is left out abroad (ITU-T E.164, national plans)."""
NO_TRUNK = {
    "CY": "357", "CZ": "420", "DK": "45", "EE": "372", "ES": "34", "GR": "30", "IS": "354", "IT": "39", "LU": "352", "LV": "371",
    "MT": "356", "NO": "47", "PL": "48", "PT": "351", "SG": "65",
}  # fmt: skip
"""Calling codes of countries where the number is dialled whole from everywhere; Italy's 0 is part of it."""


def plain(value: str | None) -> str | None:
    """References, cards of others, anonymous and device ids: as they are, without blanks around; None for a meaningless value."""
    text = (value or "").strip(BLANKS)
    return None if _small(text) in BLOCKED or re.search(ZEROS, text) else text


def loyalty_card(value: str | None) -> str | None:
    """Letters and digits alone, in capitals: how a card number is printed in groups differs from how a till reads it."""
    text = plain(value)
    return plain(re.sub(CARD_SEPARATORS, "", text).upper()) if text else None


def email(value: str | None) -> str | None:
    """Without blanks around, in small letters, in Unicode's NFC; None for what is no address or nobody's mailbox."""
    text = unicodedata.normalize("NFC", (value or "").strip(BLANKS))
    text = unicodedata.normalize("NFC", _small(text))
    return text if re.search(ADDRESS, text) and not re.search(NO_ONES_MAILBOX, text) else None


def phone(value: str | None, country: str | None = None) -> str | None:
    """E.164, such as +4930123456; None where the country cannot be told, for an extension, and for nobody's number.

    `country` (ISO 3166) tells how to read a number as it is dialled at home; without it only `+` and `00` numbers count.
    """
    digits = re.sub(PHONE_DECORATION, "", (value or "").strip(BLANKS))
    if not re.search(DIALLED, digits):
        return None
    number = _international(digits, (country or "").strip(BLANKS).upper())
    return number if re.search(E164, number) and not re.search(NO_ONES_PHONE, number) else None


def _small(text: str) -> str:
    for capital, small in LOWER_FIRST:
        text = text.replace(capital, small)
    return text.lower()


def _international(digits: str, country: str) -> str:
    if digits.startswith("+"):
        return digits
    if digits.startswith("00"):
        return "+" + digits[2:]
    if country in TRUNK_ZERO and digits.startswith("0"):
        return "+" + TRUNK_ZERO[country] + digits[1:]
    if country in NO_TRUNK:
        return "+" + NO_TRUNK[country] + digits
    return "+1" + digits if country in ("US", "CA") and len(digits) == 10 else ""


def email_sha256(value: str | None) -> str | None:
    """The identifier of an e-mail address: 64 hex digits, the SHA-256 of its normal form."""
    return _sha256(email(value))


def phone_sha256(value: str | None, country: str | None = None) -> str | None:
    """The identifier of a phone number: 64 hex digits, the SHA-256 of its E.164 form."""
    return _sha256(phone(value, country))


def _sha256(text: str | None) -> str | None:
    return hashlib.sha256(text.encode()).hexdigest() if text else None
