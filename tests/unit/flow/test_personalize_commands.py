"""What Personalize would make and cost is told before anything is made."""

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from omnichannel.contracts.recommendations import INTERACTIONS, Custom
from omnichannel.playbook.personalize import load
from sandbox.errors import SandboxError
from sandbox.flow import personalize_commands
from sandbox.flow.personalize_commands import planned, rows, standing
from sandbox.flow.personalize_costs import costs, runs_a_month

GROUP = "arn:aws:personalize:us-east-1:000000000000:dataset-group/omni-dev"
ROW = b"c_1,p-1,View,1763600000\n"


class Empty:
    """A Personalize that has nothing."""

    def __getattr__(self, name):
        kind = name.removeprefix("list_")
        words = kind.split("_")
        key = "Filters" if kind == "filters" else words[0] + "".join(word.capitalize() for word in words[1:])
        return lambda **_: {key: []}


class Files:
    """One object, of which a range is read, or none."""

    def __init__(self, body=None):
        self.body = body

    def head_object(self, **_):
        if self.body is None:
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")
        return {"ContentLength": len(self.body)}

    def get_object(self, **request):
        first, last = map(int, request["Range"].removeprefix("bytes=").split("-"))
        return {"Body": io.BytesIO(self.body[first : last + 1])}


def _cloud(body=None, group=GROUP):
    clients = {"personalize": Empty(), "s3": Files(body)}
    deployment = SimpleNamespace(personalize_dataset_group=group, lake_bucket="lake")
    return SimpleNamespace(environment="dev", sandboxed=False, deployment=deployment, client=clients.__getitem__)


def _all_on():
    own = load()
    solutions = {name: replace(each, made=True, campaign=True) for name, each in own.solutions.items()}
    return replace(own, solutions=solutions, email=replace(own.email, made=True))


def test_the_plan_says_the_cost_first_and_then_each_step():
    lines = planned(_cloud())

    steps = [line.strip() for line in lines[lines.index("The next run:") + 1 :]]
    assert lines[0].startswith("List prices")
    assert any(line.startswith("  together") and "1182.60" in line for line in lines)
    assert steps[:3] == [f"create recommender {name}" for name in ("for-you", "bought-together", "also-viewed")]
    assert {line.split(" ")[1] for line in steps} == {"recommender", "filter"}


def test_with_everything_on_campaigns_bill_while_idle_and_training_by_the_run(monkeypatch):
    monkeypatch.setattr(personalize_commands, "load", _all_on)

    found = {each.what: each for each in costs(_all_on(), interactions=5_000_000, users=100_000)}
    steps = planned(_cloud())

    assert found["campaign similar-items"].idle == pytest.approx(146)
    assert found["campaign ranking"].idle == pytest.approx(394.2)
    assert [found[f"solution {name}"].run for name in ("similar-items", "ranking")] == pytest.approx([0.24, 10])
    assert found["batch for e-mail"].run == pytest.approx(15)
    assert {f"  create campaign {name}" for name in Custom} <= set(steps)
    assert steps[-1] == "  recommend for e-mail: 10 items a customer, in one batch"


@pytest.mark.parametrize(
    ("expression", "often"),
    [
        ("cron(0 5 ? * SUN *)", 4.348),
        ("cron(0 5 ? * MON,THU *)", 8.696),
        ("cron(0 5 1,15 * ? *)", 2),
        ("cron(0 5 * * ? *)", 30.44),
        ("rate(7 days)", 4.348),
        ("rate(1 hour)", None),
        ("cron(0/5 5 * * ? *)", None),
    ],
)
def test_how_often_a_schedule_runs_in_a_month_is_told_where_it_is_plain(expression, often):
    assert runs_a_month(expression) == (pytest.approx(often, abs=0.01) if often else None)


@pytest.mark.parametrize("count", [0, 10, 50_000])
def test_rows_are_told_from_the_size_and_the_first_of_them(count):
    header = ",".join(INTERACTIONS.names).encode() + b"\n"

    assert rows(_cloud(header + ROW * count), INTERACTIONS) == pytest.approx(count, rel=0.01)
    assert rows(_cloud(), INTERACTIONS) == 0


def test_nothing_made_yet_is_said_and_where_it_is_off_it_says_what_would_work():
    assert standing(_cloud()) == ["Nothing is made yet; omni personalize plan says what would be."]
    with pytest.raises(SandboxError, match="it is off in dev"):
        planned(_cloud(group=""))
