"""`playbook/audiences.yaml` and `playbook/pinpoint/`: what is understood, and what is refused by its place."""

import shutil

import pytest

from omnichannel.playbook import audiences, mails
from omnichannel.playbook.audiences import MOST_AUDIENCES, Audience, parsed
from omnichannel.playbook.document import FOLDER, UnusablePlaybook
from omnichannel.playbook.mails import Mail
from sandbox.errors import SandboxError
from sandbox.flow import decision_commands

MAILS = {"win-back": Mail(subject="Hello", body="Hi\n")}
ACTIONS = frozenset({"win-back-voucher", "renewal-offer"})


def _of(where=None, pinpoint=None, name="churn-high"):
    given = {"audiences": {name: {"where": {"churn_band": ["high"]} if where is None else where}}}
    return parsed({**given, **({"pinpoint": pinpoint} if pinpoint is not None else {})}, ["win-back"], ACTIONS, MAILS)


def _sending(**changes):
    return {"mail": {"campaign": "win-back", "kind": "campaign", "template": "win-back", **changes}}


def test_the_file_and_its_mails_are_understood():
    found = audiences.load()

    names = [each.name for each in found.audiences]
    assert {"churn-high", "campaign-win-back"} <= set(names)
    assert len(names) == len(set(names))
    assert found.sendings == {}
    assert set(found.mails) == {"win-back", "win-back.voucher"}


def test_a_name_changes_with_its_meaning_and_with_nothing_else():
    one, other = (Audience(name="a", description=text, where={"churn_band": ("high",)}) for text in ("x", "y"))
    wider = Audience(name="a", description="x", where={"churn_band": ("high", "medium")})

    assert one.versioned == other.versioned != wider.versioned


def test_a_sending_is_understood():
    sending = _of(pinpoint=_sending(kind="journey", holdout_percent=5)).sendings["mail"]

    assert (sending.campaign, sending.kind, sending.template, sending.holdout_percent) == ("win-back", "journey", "win-back", 5)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "Churn High"}, r"audiences.Churn High is no name; expected small letters"),
        ({"name": "a" * 51}, r"is no name; expected small letters"),
        ({"name": "campaign-mine"}, r"not campaign-…, which campaigns have"),
        ({"where": {}}, r"audiences.churn-high.where is empty; expected some of churn_band"),
        ({"where": ["high"]}, r"audiences.churn-high.where is \['high'\]; expected names with values"),
        ({"where": {"score": ["high"]}}, r"audiences.churn-high.where has score; expected some of churn_band"),
        ({"where": {"churn_band": "high"}}, r"where.churn_band is 'high'; expected a list of 1 to 50 words"),
        ({"where": {"churn_band": []}}, r"where.churn_band is \[\]; expected a list of 1 to 50 words"),
        ({"where": {"churn_band": [0.5]}}, r"where.churn_band is \[0.5\]; expected a list of 1 to 50 words"),
        ({"where": {"customer_segment": ["x"] * 51}}, r"expected a list of 1 to 50 words"),
        ({"where": {"churn_band": ["highest"]}}, r"where.churn_band has highest; expected some of high, low, medium"),
        ({"where": {"campaign": ["spring"]}}, r"where.campaign has spring; expected some of win-back"),
        (
            {"where": {"next_best_action": ["win-back"]}},
            r"where.next_best_action has win-back; expected some of renewal-offer, win-back-voucher",
        ),
        ({"pinpoint": {"Mail": {}}}, r"pinpoint.Mail is no name"),
        ({"pinpoint": {"mail": {}}}, r"pinpoint.mail lacks campaign, kind, template"),
        ({"pinpoint": _sending(campaign="spring")}, r"pinpoint.mail.campaign is 'spring'; expected one of win-back"),
        ({"pinpoint": _sending(kind="burst")}, r"pinpoint.mail.kind is 'burst'; expected one of campaign, journey"),
        ({"pinpoint": _sending(template="none")}, r"pinpoint.mail.template is 'none'; expected one of win-back"),
        ({"pinpoint": _sending(holdout_percent=51)}, r"pinpoint.mail.holdout_percent is 51; expected 0 to 50"),
        ({"pinpoint": _sending(holdout_percent=0.5)}, r"pinpoint.mail.holdout_percent is 0.5; expected a whole number"),
        ({"pinpoint": _sending(holdout=5)}, r"pinpoint.mail has holdout; expected some of campaign"),
    ],
)
def test_what_nobody_can_follow_is_refused_with_its_place(changed, said):
    with pytest.raises(UnusablePlaybook, match=said):
        _of(**changed)


def test_what_the_file_has_beyond_its_parts_is_refused():
    with pytest.raises(UnusablePlaybook, match=r"audiences.yaml has segments; expected some of audiences, pinpoint"):
        parsed({"audiences": {}, "segments": {}}, [], ACTIONS, MAILS)


def test_more_audiences_than_a_domain_may_have_are_refused():
    many = {f"a{number}": {"where": {"churn_band": ["high"]}} for number in range(MOST_AUDIENCES)}

    with pytest.raises(UnusablePlaybook, match=r"audiences are 100 with 1 campaigns; expected at most 100 together"):
        parsed({"audiences": many}, ["win-back"], ACTIONS, MAILS)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("a.txt", "subject: a\nb", r"pinpoint/a.txt is no e-mail; expected a name such as win-back.hbs"),
        ("A.hbs", "subject: a\nb", r"pinpoint/A.hbs is no e-mail"),
        ("a.hbs", "Hello\nb", r"pinpoint/a.hbs begins with 'Hello'; expected `subject:`"),
        ("a.hbs", "subject:\nb", r"expected `subject:` and 1 to 100 characters"),
        ("a.hbs", f"subject: {'a' * 101}\nb", r"expected `subject:` and 1 to 100 characters"),
        ("a.hbs", "subject: a\n\n", r"pinpoint/a.hbs has a text of 0 characters; expected 1 to 50000"),
        ("a.hbs", "subject: a\n{{Attributes.campaign", r"has placeholders that do not end"),
        ("a.hbs", "subject: a\n{{#each Attributes.x}}{{this}}", r"has placeholders that do not end"),
    ],
)
def test_a_mail_that_pinpoint_could_not_send_is_refused(tmp_path, file, text, said):
    (tmp_path / "pinpoint").mkdir()
    (tmp_path / "pinpoint" / file).write_text(text)

    with pytest.raises(UnusablePlaybook, match=said):
        mails.load(tmp_path)


def test_the_playbook_is_refused_for_its_audiences_as_a_whole(tmp_path):
    folder = tmp_path / "playbook"
    shutil.copytree(FOLDER, folder)
    text = (folder / "audiences.yaml").read_text()
    (folder / "audiences.yaml").write_text(
        text.replace("pinpoint: {}", "pinpoint: {mail: {campaign: none, kind: journey, template: win-back}}")
    )

    with pytest.raises(UnusablePlaybook, match=r"pinpoint.mail.campaign is 'none'"):
        audiences.load(folder)


def test_the_command_that_checks_the_playbook_reads_its_audiences(monkeypatch):
    assert "fits together" in decision_commands.checked()

    def broken():
        raise UnusablePlaybook("audiences.churn-high.where is empty")

    monkeypatch.setattr(decision_commands.audiences, "load", broken)
    with pytest.raises(SandboxError) as refused:
        decision_commands.checked()
    assert refused.value.reason == "audiences.churn-high.where is empty"
