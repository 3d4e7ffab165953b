"""The files that a campaign is made of: our own fit together, and what does not is refused with its place and what would work."""

from pathlib import Path

import pytest

from omnichannel.campaigns.check import check, said
from omnichannel.contracts.decisions import Goal
from omnichannel.playbook import campaigns
from omnichannel.playbook.campaigns import AudienceKind
from omnichannel.playbook.document import FOLDER, UnusablePlaybook
from tests.unit.campaigns.conftest import Spoil

CAMPAIGNS, TOKENS, ACTIONS, EXPERIMENTS = "campaigns.yaml", "tokens.yaml", "actions.yaml", "experiments.yaml"
EMAIL, SMS, PUSH = "templates/win-back.email.j2", "templates/win-back.sms.j2", "templates/win-back.push.j2"


def test_the_files_of_the_app_fit_together() -> None:
    found = check()

    assert found.campaigns == len(campaigns.load())
    assert found.actions == len(said())


def test_the_ready_made_campaigns_serve_every_goal() -> None:
    found = campaigns.load()

    assert set(found) >= {"win-back", "renewal", "complement", "replenish", "welcome", "look-alike"}
    assert {each.goal for each in found.values()} == set(Goal)


def test_every_campaign_with_messages_has_an_action_and_a_template_for_email_and_text_message() -> None:
    speaking = {name for name, each in campaigns.load().items() if each.audience is AudienceKind.MESSAGING}
    templates = {path.name for path in (Path(campaigns.FOLDER) / "templates").iterdir()}

    assert {each.campaign for each in said()} == speaking
    assert {f"{name}.{channel}.j2" for name in speaking for channel in ("email", "sms")} <= templates


REFUSED = {
    "a goal that the business has not": (CAMPAIGNS, "goal: win-back", "goal: fame", "win-back.goal is 'fame'; expected one of"),
    "a measure that nobody takes": (CAMPAIGNS, "  kpi: conversion", "  kpi: joy", "win-back.kpi is 'joy'; expected one of conversion"),
    "nobody who answers": (CAMPAIGNS, "owner: crm", "owner: ' '", "win-back.owner is empty"),
    "a window without end": (CAMPAIGNS, "window_days: 28", "window_days: 900", "win-back.window_days is 900; expected 1 to 365"),
    "a field that means nothing": (CAMPAIGNS, "owner: crm", "owner: crm\n  colour: red", "win-back has colour; expected some of goal"),
    "an offer of both kinds": (CAMPAIGNS, "{percent: 15}", "{percent: 15, amount: 3}", "renewal.offer is .*expected {percent: 10} or"),
    "an offer of more than the price": (CAMPAIGNS, "{percent: 15}", "{percent: 150}", "renewal.offer.percent is 150"),
    "money of no currency": (CAMPAIGNS, "currency: EUR}}", "currency: euro}}", "voucher.offer.currency is 'euro'; expected three capital"),
    "shares that do not add up": (CAMPAIGNS, "tips: {share: 0.5}", "tips: {share: 0.6}", "add up to 1.1; expected 1"),
    "a subgroup that is no arm": (CAMPAIGNS, "recommended: {}", "best: {}", "win-back.subgroups are best, voucher; expected the arms of"),
    "subgroups without shares": (CAMPAIGNS, "replenish:\n", "replenish:\n  subgroups: {a: {}}\n", "replenish.subgroups have no shares"),
    "a display list with an offer": (CAMPAIGNS, "list: seed", "list: seed\n  offer: {percent: 5}", "look-alike is for display networks"),
    "no display list": (CAMPAIGNS, "list: seed", "list: best", "look-alike.list is 'best'; expected one of seed, expansion"),
    "a name that is no file's": (CAMPAIGNS, "replenish:\n", "../replenish:\n", "the campaign '../replenish'; expected small letters"),
    "another measure than the experiment's": (CAMPAIGNS, "kpi: order_value", "kpi: conversion", "complement.kpi is conversion; expected"),
    "an action of no campaign": (ACTIONS, "campaign: welcome", "campaign: hello", "is 'hello', which campaigns.yaml has not; expected one"),
    "an action that speaks to networks": (ACTIONS, "campaign: welcome", "campaign: look-alike", "is look-alike, which sends no messages"),
    "an action without a template": (ACTIONS, "message: welcome", "message: hello", "asks for hello.email.j2, which templates/ has not"),
    "a campaign that nobody starts": (CAMPAIGNS, "renewal:\n", "silence:\n", "renewal"),
    "an unknown token": (EMAIL, "{{ first_name }}", "{{ firstname }}", "win-back.email.j2 asks for firstname; expected some of"),
    "an unknown field of a product": (EMAIL, "item.price", "item.colour", "win-back.email.j2, .*has no attribute 'colour'"),
    "a product that may not be there": (SMS, "{% if items %}", "{% if true %}", "win-back.sms.j2, for somebody unknown.*no element 0"),
    "code that reaches out": (EMAIL, "{{ first_name }}", "{{ first_name.__class__.__mro__ }}", "win-back.email.j2, .*unsafe"),
    "a broken template": (EMAIL, "{% endfor %}", "", "win-back.email.j2 is no template: "),
    "an e-mail without subject": (EMAIL, "subject: ", "", "win-back.email.j2 begins with .*; expected `subject: …` in the first line"),
    "a text message with one": (SMS, "Hi", "subject: Hi", "win-back.sms.j2 begins with 'subject: Hi.*no subject"),
    "a subject that is too long": (EMAIL, "we kept", "we kept " + "x" * 60, "the subject has .* characters; expected at most 100"),
    "a text message that is too long": (SMS, "Hi", "x" * 700, "win-back.sms.j2, .*the body has .* characters; expected at most 800"),
    "a push that is too long": (PUSH, "{% if offer %}", "x" * 199 + "{% if offer %}", "win-back.push.j2, .*expected at most 200"),
    "no way out": (EMAIL, "{{ unsubscribe }}", "", "nothing says how to unsubscribe; expected {{ unsubscribe }} in the body"),
    "no words for the way out": (TOKENS, 'email: "{{unsubscribe}}"', 'email: ""', "unsubscribe.email is empty; expected a way out"),
    "a text message without a way out": (TOKENS, '  sms: "{{unsubscribe}}"\n', "", "unsubscribe.sms is empty; expected a way out"),
    "words for the way out that nobody reads": (SMS, "{{ unsubscribe }}", "", "win-back.sms.j2, .*nothing says how to unsubscribe"),
    "a campaign that is there twice": (CAMPAIGNS, "owner: crm", "owner: crm\n  owner: me", "owner is there twice, in lines"),
    "nothing said when all is sold": (EMAIL, "{% else %}\n{{ fallback.items }}\n", "", "no product is left and nothing said"),
    "a template of no channel": ("templates/win-back.fax.j2", "", "Hi", "templates/win-back.fax.j2 names no template; expected <message>"),
    "a language without words": ("templates/win-back.email.it.j2", "", "subject: x\nHi", "win-back.email.it.j2 names no template"),
    "a translation of nothing": ("templates/new.sms.de.j2", "", "Hi {{ unsubscribe }}", "has no new.sms.j2 beside it"),
    "a token without a fallback": (TOKENS, "renewal_date: soon", "", "languages.en.fallbacks lacks renewal_date"),
    "an unknown fallback": (TOKENS, "renewal_date: soon", "renewal_date: soon\n      age: 7", "fallbacks.age is 7; expected a text"),
    "a price without its amount": (TOKENS, '"{symbol}{amount}"', '"{symbol}"', "languages.en.money is .*; expected a text with {amount}"),
    "a month too few": (TOKENS, " December", "", "languages.en.months has 11 words; expected 12"),
    "an address without the product": (TOKENS, "{product_id}", "x", "product_url is .*; expected https"),
    "a language of its own": (TOKENS, "language: en", "language: fr", "language is 'fr'; expected one of languages: en, de"),
    "a fallback that is too long": (TOKENS, "first_name: there", "first_name: " + "x" * 90, "the subject has .* expected at most 100"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_nobody_could_send_is_refused_before(spoil: Spoil, what: str) -> None:
    name, old, new, message = REFUSED[what]
    folder = spoil(name, old, new)

    with pytest.raises(UnusablePlaybook, match=message):
        check(folder)


@pytest.mark.parametrize("name", [CAMPAIGNS, TOKENS, ACTIONS, EXPERIMENTS, EMAIL])
def test_a_file_in_another_encoding_is_refused_by_its_name(spoil: Spoil, name: str) -> None:
    path = spoil(name, "", "") / name
    path.write_text((FOLDER / name).read_text(encoding="utf-8"), encoding="utf-16")

    with pytest.raises(UnusablePlaybook, match=f"{path.name} is no text in UTF-8 .*; expected it saved as UTF-8"):
        check(path.parents[len(Path(name).parts) - 1])


def test_a_file_with_a_byte_order_mark_is_read(spoil: Spoil) -> None:
    folder = spoil(EMAIL, "", "")
    for name in (CAMPAIGNS, EMAIL):
        (folder / name).write_text((FOLDER / name).read_text(encoding="utf-8"), encoding="utf-8-sig")

    assert check(folder).campaigns == len(campaigns.load())
