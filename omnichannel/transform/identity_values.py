"""The normal forms of identifiers as expressions: what `omnichannel.identity.normalise` does to a value, done to a column.

Spark knows no NFC by itself: register `SPARK_FUNCTIONS` with the session before such an expression runs there.
"""

import unicodedata
from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir

from omnichannel.identity import normalise as form


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def nfc_normalize(text: str) -> str:  # type: ignore[empty-body]
    """DuckDB's function of that name."""


def _nfc(text: str | None) -> str | None:
    return None if text is None else unicodedata.normalize("NFC", text)


SPARK_FUNCTIONS: Mapping[str, Callable[[str | None], str | None]] = {"nfc_normalize": _nfc}
"""By name, what a Spark session has to be given (`spark.udf.register`); each takes and gives a text."""


def plain(value: ir.StringValue) -> ir.StringValue:
    """References, anonymous and device ids: see `normalise.plain`."""
    text = value.strip()
    meaningless = _small(text).isin(form.BLOCKED) | text.re_search(form.ZEROS)
    return meaningless.ifelse(ibis.null("string"), text)


def loyalty_card(value: ir.StringValue) -> ir.StringValue:
    """Letters and digits alone, in capitals."""
    return plain(plain(value).re_replace(form.CARD_SEPARATORS, "").upper())


def email(value: ir.StringValue) -> ir.StringValue:
    """The normal form of an e-mail address; null for what is none."""
    text = nfc_normalize(_small(nfc_normalize(value.strip())))
    return (text.re_search(form.ADDRESS) & ~text.re_search(form.NO_ONES_MAILBOX)).ifelse(text, ibis.null("string"))


def _small(text: ir.StringValue) -> ir.StringValue:
    for capital, small in form.LOWER_FIRST:
        text = text.replace(capital, small)
    return text.lower()


def phone(value: ir.StringValue, country: ir.StringValue | None = None) -> ir.StringValue:
    """The E.164 form of a phone number; null where it cannot be told."""
    digits = value.strip().re_replace(form.PHONE_DECORATION, "")
    home = _from_home(digits, country.strip().upper()) if country is not None else ibis.null("string")
    number = ibis.cases((digits.startswith("+"), digits), (digits.startswith("00"), "+" + digits.substr(2)), else_=home)
    wanted = digits.re_search(form.DIALLED) & number.re_search(form.E164) & ~number.re_search(form.NO_ONES_PHONE)
    return wanted.ifelse(number, ibis.null("string"))


def _from_home(digits: ir.StringValue, country: ir.StringValue) -> ir.StringValue:
    trunk = country.cases(*form.TRUNK_ZERO.items(), else_=ibis.null("string"))
    whole = country.cases(*form.NO_TRUNK.items(), else_=ibis.null("string"))
    return ibis.cases(
        (trunk.notnull() & digits.startswith("0"), "+" + trunk + digits.substr(1)),
        (whole.notnull(), "+" + whole + digits),
        (country.isin(("US", "CA")) & (digits.length() == 10), "+1" + digits),
        else_=ibis.null("string"),
    )


def email_sha256(value: ir.StringValue) -> ir.StringValue:
    """The identifier of an e-mail address."""
    return email(value).hexdigest("sha256")


def phone_sha256(value: ir.StringValue, country: ir.StringValue | None = None) -> ir.StringValue:
    """The identifier of a phone number."""
    return phone(value, country).hexdigest("sha256")


def name(value: ir.StringValue) -> ir.StringValue:
    """A name to compare: without blanks around, in small letters, in NFC; null for an empty one."""
    return nfc_normalize(_small(nfc_normalize(value.strip()))).nullif("")
