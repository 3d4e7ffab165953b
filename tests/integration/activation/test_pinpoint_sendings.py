"""After an import: the playbook's segments, and who would be sent what, asked of Pinpoint's twin."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from omnichannel.activation import pinpoint_project
from omnichannel.activation.pinpoint_project import NoImport
from omnichannel.experiments.assignment import held_out
from omnichannel.playbook.actions import playbook
from omnichannel.playbook.audiences import Sending, audiences_playbook
from omnichannel.playbook.campaigns import campaigns_playbook
from tests.faults.channels import DAY, PinpointImports, account, later, win_back

MAIL = Sending(campaign="win-back", kind="campaign", template="win-back")
JOURNEY = Sending(campaign="win-back", kind="journey", template="win-back")
NOON, NIGHT = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
PEOPLE = 60


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "root")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with account(tmp_path) as made:
        yield made


@pytest.fixture
def pinpoint(shop):
    return PinpointImports(shop)


@pytest.fixture
def arrange(pinpoint):
    """The step of the bridge, with these sendings in the playbook."""

    def arrange(job="", at=NOON, mails=None, **sendings):
        found = replace(audiences_playbook(), sendings=sendings, mails=mails or audiences_playbook().mails)
        what = pinpoint_project.wanted(found, campaigns_playbook(), playbook(), pinpoint.app)
        return pinpoint_project.arrange(what, job, pinpoint.pinpoint, at)

    return arrange


def _imported(shop, pinpoint, run, customers, decided, as_of=DAY, score=0.7):
    """The job that took them, win-back decided for some."""
    experiment = playbook().experiments.of_campaign("win-back").name
    arms = {each: {experiment: "voucher" if number % 2 else "recommended"} for number, each in enumerate(decided)}
    decisions = {each: replace(win_back(each), arms=arms[each]) for each in decided}
    pinpoint.deliver(shop.part(run, dict.fromkeys(customers, score), as_of, decisions=decisions))
    [job] = [each for each in _shown(shop, pinpoint, "jobs") if f"run={run}/" in each["Definition"]["S3Url"]]
    return job["Id"]


def _shown(shop, pinpoint, what):
    return shop.serving.inspect(f"pinpoint/{what}?app={pinpoint.app}")


def _written(shop, pinpoint):
    return sorted(each["user"] for each in _shown(shop, pinpoint, "sends"))


def _everything(shop, pinpoint):
    return {what: sorted(each["Id"] for each in _shown(shop, pinpoint, what)) for what in ("segments", "campaigns", "journeys")}


def test_every_audience_of_the_playbook_is_a_segment(shop, pinpoint, arrange):
    customers = shop.customers(range(6))
    _imported(shop, pinpoint, "r1", customers, customers[:2])

    arrange()

    members = {each["Name"]: each["members"] for each in _shown(shop, pinpoint, "segments") if each["SegmentType"] == "DIMENSIONAL"}
    named = {name.removeprefix("playbook-")[:-9]: count for name, count in members.items()}
    assert set(named) == {each.name for each in audiences_playbook().audiences}
    assert {name: named[name] for name in ("churn-high", "campaign-win-back", "next-win-back", "repurchase-high", "campaign-renewal")} == {
        "churn-high": 6, "campaign-win-back": 2, "next-win-back": 2, "repurchase-high": 0, "campaign-renewal": 0,
    }  # fmt: skip


def test_nothing_is_sent_that_the_playbook_does_not_name(shop, pinpoint, arrange):
    customers = shop.customers(range(4))
    job = _imported(shop, pinpoint, "r1", customers, customers)

    arrange(job)

    assert audiences_playbook().sendings == {}
    assert _shown(shop, pinpoint, "sends") == []
    assert _shown(shop, pinpoint, "campaigns") == _shown(shop, pinpoint, "journeys") == []


def test_a_campaign_writes_to_those_of_the_import_who_are_in_it_and_to_nobody_of_our_holdout(shop, pinpoint, arrange):
    shop.share = 0.3
    customers = shop.customers(range(PEOPLE))
    decided = customers[: PEOPLE // 2]
    job = _imported(shop, pinpoint, "r1", customers, decided)

    arrange(job, mail=MAIL)

    out = {each for each in customers if held_out("test", shop.share, each)}
    assert out & set(decided)
    assert _written(shop, pinpoint) == sorted(set(decided) - out)
    [campaign] = _shown(shop, pinpoint, "campaigns")
    assert {each["template"] for each in _shown(shop, pinpoint, "sends")} == {campaign["TemplateConfiguration"]["EmailTemplate"]["Name"]}
    held = pinpoint.client.get_email_template(TemplateName=campaign["TemplateConfiguration"]["EmailTemplate"]["Name"])
    assert held["EmailTemplateResponse"]["Subject"] == audiences_playbook().mails["win-back"].subject


def test_pinpoints_own_holdout_comes_on_top(shop, pinpoint, arrange):
    customers = shop.customers(range(PEOPLE))
    job = _imported(shop, pinpoint, "r1", customers, customers)

    arrange(job, mail=replace(MAIL, holdout_percent=50), walk=replace(JOURNEY, holdout_percent=50))

    for what in ("campaign", "journey"):
        sends = [each for each in _shown(shop, pinpoint, "sends") if each.get(what)]
        assert PEOPLE * 0.2 < len(sends) < PEOPLE * 0.8
    [campaign], [journey] = _shown(shop, pinpoint, "campaigns"), _shown(shop, pinpoint, "journeys")
    assert campaign["HoldoutPercent"] == journey["Activities"]["holdout"]["Holdout"]["Percentage"] == 50


def test_a_journey_sends_each_subgroup_its_own_mail(shop, pinpoint, arrange):
    customers = shop.customers(range(10))
    job = _imported(shop, pinpoint, "r1", customers, customers[:6])

    arrange(job, walk=JOURNEY)

    subject = {}
    for each in _shown(shop, pinpoint, "sends"):
        held = pinpoint.client.get_email_template(TemplateName=each["template"])["EmailTemplateResponse"]
        subject[each["user"]] = held["Subject"]
    mails = audiences_playbook().mails
    own = (mails["win-back"].subject, mails["win-back.voucher"].subject)
    assert subject == {each: own[number % 2] for number, each in enumerate(customers[:6])}


def test_the_step_again_makes_nothing_new(shop, pinpoint, arrange):
    customers = shop.customers(range(6))
    job = _imported(shop, pinpoint, "r1", customers, customers)
    first = arrange(job, mail=MAIL, walk=JOURNEY)
    before, sends = _everything(shop, pinpoint), _shown(shop, pinpoint, "sends")

    again = arrange(job, NOON + timedelta(hours=3), mail=MAIL, walk=JOURNEY)

    assert first["made"] > 0
    assert again == {"made": 0, "stopped": 0, "removed": 0}
    assert (_everything(shop, pinpoint), _shown(shop, pinpoint, "sends")) == (before, sends)


def test_a_later_import_writes_to_its_own_people_only(shop, pinpoint, arrange):
    customers = shop.customers(range(10))
    arrange(_imported(shop, pinpoint, "r1", customers[:6], customers[:6]), mail=MAIL)
    shop.at += timedelta(days=30)
    job = _imported(shop, pinpoint, "r2", customers[5:], customers[5:], later(DAY, 30), score=0.8)

    counts = arrange(job, mail=MAIL)

    assert counts["stopped"] == 0
    assert _written(shop, pinpoint) == sorted([*customers[:6], *customers[5:]])


def test_without_an_import_nobody_is_written_to(shop, pinpoint, arrange):
    customers = shop.customers(range(4))
    _imported(shop, pinpoint, "r1", customers, customers)

    arrange("", mail=MAIL, walk=JOURNEY)

    assert _shown(shop, pinpoint, "sends") == []


def test_what_the_playbook_has_otherwise_by_now_is_stopped(shop, pinpoint, arrange):
    customers = shop.customers(range(4))
    job = _imported(shop, pinpoint, "r1", customers, customers)
    far = datetime.now(UTC).replace(hour=22, minute=30) + timedelta(days=1)
    arrange(job, far, mail=MAIL, walk=JOURNEY)
    assert _written(shop, pinpoint) == []

    counts = arrange(job, far)

    assert counts["stopped"] == 2
    assert _shown(shop, pinpoint, "campaigns") == []
    assert [each["State"] for each in _shown(shop, pinpoint, "journeys")] == ["CANCELLED"]


def test_the_marketers_own_things_stay(shop, pinpoint, arrange):
    customers = shop.customers(range(2))
    job = _imported(shop, pinpoint, "r1", customers, customers)
    arrange(job)
    app = {"ApplicationId": pinpoint.app}
    ours = next(each["Id"] for each in _shown(shop, pinpoint, "segments") if "-churn-high-buying-" in each["Name"])
    based = {"Groups": [{"SourceSegments": [{"Id": ours}], "Type": "ALL", "SourceType": "ALL"}], "Include": "ALL"}
    own = pinpoint.client.create_segment(**app, WriteSegmentRequest={"Name": "spring", "SegmentGroups": based})["SegmentResponse"]["Id"]
    gone = replace(audiences_playbook(), audiences=audiences_playbook().audiences[:1])
    what = pinpoint_project.wanted(gone, campaigns_playbook(), playbook(), pinpoint.app)

    counts = pinpoint_project.arrange(what, "", pinpoint.pinpoint, NOON)

    left = {each["Id"]: each["Name"] for each in _shown(shop, pinpoint, "segments") if each["SegmentType"] != "IMPORT"}
    assert counts == {"made": 0, "stopped": 0, "removed": len(audiences_playbook().audiences) - 2}
    assert {ours, own} <= set(left)
    assert len(left) == 3


def test_a_step_that_was_cut_off_goes_on(shop, pinpoint, arrange):
    customers = shop.customers(range(4))
    job = _imported(shop, pinpoint, "r1", customers, customers)
    faults = shop.serving.twins.faults("pinpoint")
    faults.configure(answers=[{"operation": "CreateCampaign", "reset": True, "accept": True, "times": 1}])

    with pytest.raises(Exception, match="Connection"):
        arrange(job, mail=MAIL)
    arrange(job, mail=MAIL)

    assert len(_shown(shop, pinpoint, "campaigns")) == 1
    assert _written(shop, pinpoint) == sorted(customers)


def test_a_refusal_is_told_and_changes_no_outcome(shop, pinpoint, arrange):
    customers = shop.customers(range(4))
    job = _imported(shop, pinpoint, "r1", customers, customers)
    part = shop.part("r1", dict.fromkeys(customers, 0.7))
    before = shop.rows(pinpoint.sink, part)
    shop.serving.twins.faults("pinpoint").configure(answers=[{"operation": "CreateSegment", "status": 403, "times": 1}])

    with pytest.raises(ClientError, match="CreateSegment"):
        arrange(job, mail=MAIL)

    assert shop.rows(pinpoint.sink, part) == before


def test_a_job_that_defined_no_segment_is_said(shop, pinpoint, arrange):
    asked = {"Format": "JSON", "S3Url": "s3://lake/nowhere/", "RoleArn": pinpoint.pinpoint.import_role_arn, "RegisterEndpoints": True}
    job = pinpoint.client.create_import_job(ApplicationId=pinpoint.app, ImportJobRequest=asked)["ImportJobResponse"]["Id"]

    with pytest.raises(NoImport, match="names no segment"):
        arrange(job, mail=MAIL)


def test_nothing_leaves_in_quiet_hours(shop, pinpoint, arrange):
    customers = shop.customers(range(2))
    job = _imported(shop, pinpoint, "r1", customers, customers)

    arrange(job, NIGHT, mail=MAIL, walk=JOURNEY)

    [campaign], [journey] = _shown(shop, pinpoint, "campaigns"), _shown(shop, pinpoint, "journeys")
    quiet = playbook().channels["email"].quiet
    assert campaign["Schedule"]["QuietTime"] == journey["QuietTime"] == {"Start": _clock(quiet.start), "End": _clock(quiet.end)}
    assert campaign["Schedule"]["StartTime"].startswith("2026-03-02T")
    assert journey["WaitForQuietTime"]


def test_quiet_hours_are_those_of_the_customers_own_clock(shop, pinpoint, arrange):
    everywhere = [f"c_{number:05d}" for number in range(3)]
    zones = ["Europe/Berlin", "America/Los_Angeles", "Moon/Tranquility"]
    for number, zone in enumerate(zones):
        shop.customers([number], profile={"timezone": zone})
    job = _imported(shop, pinpoint, "r1", everywhere, everywhere)

    arrange(job, walk=JOURNEY)

    held = {each["User"]["UserId"]: each.get("Demographic", {}).get("Timezone") for each in _shown(shop, pinpoint, "endpoints")}
    assert held == {"c_00000": "Europe/Berlin", "c_00001": "America/Los_Angeles", "c_00002": None}
    quiet = playbook().channels["email"].quiet
    local = [(datetime.fromisoformat(each["at"]), zones[int(each["user"][2:])]) for each in _shown(shop, pinpoint, "sends")]
    assert len(local) == len(everywhere)
    for at, zone in [each for each in local if each[1] in zones[:2]]:
        there = at.astimezone(ZoneInfo(zone))
        assert not quiet.holds(there.hour * 60 + there.minute)


def _clock(minutes):
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
