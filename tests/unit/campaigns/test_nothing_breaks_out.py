"""Whatever customers and products are called: it stays in its place, on its line, and is never code."""

import re
import unicodedata
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from omnichannel.campaigns import sms, values
from omnichannel.campaigns.messages import Message, Renderer
from tests.unit.campaigns.conftest import NOW, customer, decision

NASTY = st.sampled_from(
    [
        *("{{ 7 * 7 }}", "{% for x in y %}", "{{unsubscribe}}", "{# gone #}", "{{ ''.__class__.__mro__ }}", "${jndi:ldap://x}", "%(name)s"),
        *("<script>alert(1)</script>", "</p><a href='https://evil.example'>", "a\r\nBcc: all@shop.example", "\u2028", "\u0085", "\x00"),
        *("\x1b[2J", "\u202eevil", "\u2066", "محمد", "שלום", "👩‍👩‍👧‍👦", "\u0301\u0301", "\ud800", "=HYPERLINK(1)", "www.evil.example"),
    ]
)
TEXT = st.one_of(
    st.text(st.characters(), max_size=120), st.lists(st.one_of(NASTY, st.text(st.characters(), max_size=20)), max_size=6).map("".join)
)
ANYTHING = st.one_of(TEXT, st.none(), st.integers(), st.booleans())
PRODUCT = st.fixed_dictionaries({"name": ANYTHING, "price": ANYTHING, "currency": ANYTHING})
RENDERERS: dict[str, Any] = {}
MESSAGES = st.sampled_from(
    [(m, c) for m in ("win-back", "renewal", "complement", "replenish", "welcome") for c in ("email", "sms", "push")]
)


def written(message: tuple[str, str], profile: dict[str, Any], renews_at: Any, product: dict[str, Any], product_id: str) -> Message:
    shelf = {product_id: {**product, "active": True, "stock": 1}}
    if "renderer" not in RENDERERS:
        RENDERERS["renderer"] = Renderer(products=lambda ids: {each: RENDERERS["shelf"][each] for each in ids}, now=lambda: NOW)
    RENDERERS["shelf"] = shelf
    item = {**customer(**profile), "aggregates": {"renews_at": renews_at}}
    renderer: Renderer = RENDERERS["renderer"]
    return renderer.render(*message, decision(message[0], items=(product_id,)), item)


@settings(max_examples=300, deadline=None)
@given(
    message=MESSAGES,
    profile=st.fixed_dictionaries({"first_name": ANYTHING, "language": ANYTHING, "timezone": ANYTHING}),
    renews_at=ANYTHING,
    product=PRODUCT,
    product_id=TEXT.filter(bool),
)
@example(
    ("win-back", "email"),
    {"first_name": "{{unsubscribe}}", "language": "en", "timezone": ""},
    "",
    {"name": "{{ 7*7 }}", "price": "1", "currency": "EUR"},
    "P",
)
def test_a_message_has_the_lines_of_its_template_and_no_other_braces(
    message: tuple[str, str], profile: dict[str, Any], renews_at: Any, product: dict[str, Any], product_id: str
) -> None:
    found = written(message, profile, renews_at, product, product_id)

    plain = written(
        message, {"first_name": "Ada", "language": profile["language"]}, renews_at, {"name": "Cup", "price": 1, "currency": "EUR"}, "P"
    )
    assert len(found.subject) <= 100
    assert len(found.subject.splitlines()) == (message[1] != "sms")
    assert len(found.body) <= sms.MOST_CHARACTERS or message[1] != "sms"
    assert found.body.count("{{unsubscribe}}") == plain.body.count("{{unsubscribe}}")
    assert not set("{}") & set(found.body.replace("{{unsubscribe}}", ""))
    assert len(found.body.splitlines()) <= len(plain.body.splitlines())
    found.body.encode()


@settings(max_examples=500, deadline=None)
@given(TEXT, st.integers(5, 80))
def test_a_value_is_one_visible_line(text: str, most: int) -> None:
    found = values.plain(text, most)

    assert len(found) <= most + 2
    assert found == " ".join(found.split())
    assert not set("{}") & set(found)
    assert all(unicodedata.category(char)[0] != "C" or char in "\u200c\u200d\u2068\u2069" for char in found)
    assert (found[:1] == "\u2068") is (found[-1:] == "\u2069")
    assert found.count("\u2068") == found.count("\u2069") <= 1


@settings(max_examples=500, deadline=None)
@given(TEXT)
@example("www.")
@example("www.evil.example")
@example("evil。example")
def test_a_name_is_no_address_no_link_and_no_markup(text: str) -> None:
    found = values.first_name(text)

    assert not set('<>@/:&="{}[]()%$') & set(found)
    assert not re.search(r"\d|\.[^ ]|\w\.\w", found)


@settings(max_examples=300, deadline=None)
@given(TEXT)
def test_html_has_no_tags_but_ours(text: str) -> None:
    html = Message(subject="", body=text).html()

    assert re.fullmatch(r"(?:[^<>]|</?p>|<br>)*", html, re.DOTALL)
