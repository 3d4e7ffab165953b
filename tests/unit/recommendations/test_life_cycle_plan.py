"""From what Personalize has to what the playbook asks for: one step a thing, the same however often it is asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from omnichannel.contracts.environment.recommendations import PersonalizeSetupEnv
from omnichannel.contracts.recommendations import Custom, Recommender
from omnichannel.recommendations.lifecycle.make import Making, Transient
from omnichannel.recommendations.lifecycle.plan import plan, told, worse
from omnichannel.recommendations.lifecycle.things import (
    Campaign,
    Email,
    Existing,
    Filter,
    Kind,
    Solution,
    Step,
    Thing,
    Trained,
    Verb,
    Version,
    Wanted,
)
from omnichannel.recommendations.setup import act

IMPORTED = datetime(2026, 11, 22, 5, tzinfo=UTC)
BEFORE, AFTER = IMPORTED - timedelta(days=7), IMPORTED + timedelta(hours=1)
METRIC = "precision_at_5"
SPEC = Trained(made=True, campaign=True, least_tps=1, metric=METRIC, tolerance=0.05)
GROUP = "arn:aws:personalize:us-east-1:000000000000:dataset-group/omni-dev"
SIMILAR = Custom.SIMILAR_ITEMS
WANTED = Wanted(
    recommenders=(Recommender.FOR_YOU,),
    solutions={SIMILAR: SPEC},
    filters={"in-stock": "INCLUDE …"},
    email=Email(made=False, items=10),
    retrain="rate(7 days)",
)


def _version(n, status="ACTIVE", created=AFTER, metric=None, reason=""):
    metrics = {} if metric is None else {METRIC: metric}
    return Version(name="", arn=f"version-{n}", status=status, created=created, reason=reason, metrics=metrics)


def _solution(*versions, status="ACTIVE", automatic=False):
    return Solution(name=SIMILAR, arn="solution", status=status, created=BEFORE, automatic=automatic, versions=versions)


def _campaign(version="version-1", status="ACTIVE", tps=1, update=None, created=BEFORE, reason=""):
    return Campaign(
        name=SIMILAR, arn="campaign", status=status, created=created, reason=reason, version=version, least_tps=tps, update=update
    )


def _thing(name="for-you", status="ACTIVE", created=BEFORE, reason=""):
    return Thing(name=name, arn=f"arn-{name}", status=status, created=created, reason=reason)


def _filter(expression="INCLUDE …"):
    return Filter(name="in-stock", arn="filter", status="ACTIVE", created=BEFORE, expression=expression)


def _existing(*versions, campaign=None, **solution):
    return Existing(
        recommenders={"for-you": _thing()},
        solutions={SIMILAR: _solution(*versions, **solution)},
        campaigns={SIMILAR: campaign} if campaign else {},
        filters={"in-stock": _filter()},
    )


def _only(steps, kind):
    found = [(step.verb, step.why) for step in steps if step.kind is kind]
    assert len(found) == 1, found
    return found[0]


def test_from_nothing_everything_is_made_in_the_order_of_a_run():
    steps = plan(WANTED, Existing(), IMPORTED)

    assert [(step.verb, step.kind) for step in steps] == [
        (Verb.CREATE, Kind.RECOMMENDER), (Verb.CREATE, Kind.SOLUTION), (Verb.CREATE, Kind.FILTER), (Verb.CREATE, Kind.CAMPAIGN),
    ]  # fmt: skip


def test_what_is_there_is_kept_and_asking_again_says_the_same():
    existing = _existing(_version(1), campaign=_campaign())

    steps = plan(WANTED, existing, IMPORTED)

    assert {step.verb for step in steps} == {Verb.KEEP}
    assert plan(WANTED, existing, IMPORTED) == steps
    assert told(steps) == {"ready": True, "failed": False, "reason": "", "notes": []}


def test_each_run_trains_once():
    old = _version(1, created=BEFORE)
    verbs = [
        _only(plan(WANTED, _existing(*versions, campaign=_campaign()), IMPORTED), Kind.SOLUTION)[0]
        for versions in ([], [old], [_version(2, status="CREATE PENDING"), old], [_version(2), old])
    ]

    assert verbs == [Verb.TRAIN, Verb.TRAIN, Verb.WAIT, Verb.KEEP]


def test_a_training_that_failed_in_this_run_is_named_and_not_repeated_while_the_campaign_goes_on():
    failed = _version(2, status="CREATE FAILED", reason="too few interactions")

    steps = plan(WANTED, _existing(failed, _version(1, created=BEFORE), campaign=_campaign()), IMPORTED)

    assert _only(steps, Kind.SOLUTION) == (Verb.FAILED, "too few interactions")
    assert _only(steps, Kind.CAMPAIGN)[0] is Verb.KEEP
    assert told(steps)["reason"] == "solution similar-items: too few interactions"


@pytest.mark.parametrize(
    ("new", "live", "verb"),
    [(0.20, 0.20, Verb.SWITCH), (0.191, 0.20, Verb.SWITCH), (0.189, 0.20, Verb.KEEP), (0.2, None, Verb.SWITCH), (None, 0.2, Verb.KEEP)],
)
def test_a_campaign_is_switched_unless_its_metric_is_worse_by_more_than_the_tolerance(new, live, verb):
    existing = _existing(_version(2, metric=new), _version(1, created=BEFORE, metric=live), campaign=_campaign())

    steps = plan(WANTED, existing, IMPORTED)

    step = next(each for each in steps if each.kind is Kind.CAMPAIGN)
    assert (step.verb, step.version) == (verb, "version-2" if verb is Verb.SWITCH else "version-1")
    assert bool(told(steps)["notes"]) == (verb is Verb.KEEP)


def test_a_version_that_stays_out_is_told_with_both_figures():
    assert worse(SPEC, _version(2, metric=0.1), _version(1, metric=0.2)) == "precision_at_5 0.1000 after 0.2000, more than 5% worse"


@pytest.mark.parametrize(
    ("campaign", "expected"),
    [
        (_campaign(tps=3), Verb.UPDATE),
        (_campaign(status="CREATE IN_PROGRESS"), Verb.WAIT),
        (_campaign(status="CREATE FAILED", created=AFTER, reason="why"), Verb.FAILED),
        (_campaign(status="CREATE FAILED", created=BEFORE), Verb.DELETE),
        (_campaign(status="DELETE IN_PROGRESS"), Verb.WAIT),
        (_campaign(update=_thing(status="CREATE PENDING", created=AFTER)), Verb.WAIT),
        (_campaign(update=_thing(status="CREATE FAILED", created=AFTER, reason="why")), Verb.FAILED),
        (_campaign(update=_thing(status="CREATE FAILED", created=BEFORE)), Verb.KEEP),
    ],
)
def test_a_campaign_under_way_is_waited_for_and_one_that_failed_in_this_run_is_named(campaign, expected):
    assert _only(plan(WANTED, _existing(_version(1), campaign=campaign), IMPORTED), Kind.CAMPAIGN)[0] is expected


@pytest.mark.parametrize(
    ("status", "created", "verb"),
    [
        ("CREATE FAILED", BEFORE, Verb.DELETE),
        ("CREATE FAILED", AFTER, Verb.FAILED),
        ("CREATE IN_PROGRESS", AFTER, Verb.WAIT),
        ("DELETE PENDING", BEFORE, Verb.WAIT),
        ("INACTIVE", BEFORE, Verb.KEEP),
    ],
)
def test_a_recommender_that_failed_before_is_made_anew_and_a_stopped_one_left_alone(status, created, verb):
    existing = replace(_existing(_version(1), campaign=_campaign()), recommenders={"for-you": _thing(status=status, created=created)})

    assert _only(plan(WANTED, existing, IMPORTED), Kind.RECOMMENDER)[0] is verb


def test_what_the_playbook_no_longer_asks_for_goes_the_solution_after_its_campaign():
    nothing = replace(WANTED, recommenders=(), solutions={}, filters={})
    served, alone = _existing(_version(1), campaign=_campaign()), _existing(_version(1))

    first = {step.kind: step.verb for step in plan(nothing, served, IMPORTED)}
    then = {step.kind: step.verb for step in plan(nothing, alone, IMPORTED)}

    gone = {Kind.RECOMMENDER: Verb.DELETE, Kind.FILTER: Verb.DELETE}
    assert first == {**gone, Kind.CAMPAIGN: Verb.DELETE, Kind.SOLUTION: Verb.WAIT}
    assert then == {**gone, Kind.SOLUTION: Verb.DELETE}


def test_a_solution_that_is_being_trained_is_not_deleted_yet():
    nothing = replace(WANTED, solutions={})

    step = _only(plan(nothing, _existing(_version(1, status="CREATE IN_PROGRESS")), IMPORTED), Kind.SOLUTION)

    assert step == (Verb.WAIT, "a version is trained")


def test_automatic_training_is_turned_off_and_another_expression_is_another_filter():
    existing = replace(_existing(_version(1), campaign=_campaign(), automatic=True), filters={"in-stock": _filter("EXCLUDE …")})

    steps = plan(WANTED, existing, IMPORTED)

    assert _only(steps, Kind.SOLUTION) == (Verb.UPDATE, "automatic training off")
    assert _only(steps, Kind.FILTER) == (Verb.UPDATE, "another expression")


def test_one_that_is_well_is_enough_and_none_is_a_failure():
    kept = Step(verb=Verb.KEEP, kind=Kind.RECOMMENDER, name="a")
    lost = Step(verb=Verb.FAILED, kind=Kind.RECOMMENDER, name="b", why="no views")
    waiting = Step(verb=Verb.WAIT, kind=Kind.RECOMMENDER, name="c")

    stands = [(told(steps)["ready"], told(steps)["failed"]) for steps in ([], [kept, lost], [lost], [lost, waiting])]

    assert stands == [(True, False), (True, False), (False, True), (False, False)]


def test_a_list_that_is_throttled_is_worth_another_try_too():
    env = PersonalizeSetupEnv(**dict.fromkeys(PersonalizeSetupEnv.names(), "arn"))

    for action in ("import", "recommenders", "status"):
        with pytest.raises(Transient, match=f"{action}: ThrottlingException"):
            act(Service("ThrottlingException"), env, WANTED, {"action": action})


class Service:
    """Remembers what it was asked for, and refuses with a code if it has one."""

    def __init__(self, refuses=""):
        self.refuses, self.calls = refuses, []

    def __getattr__(self, name):
        def call(**request):
            self.calls.append((name, request))
            if self.refuses:
                raise ClientError({"Error": {"Code": self.refuses, "Message": "5 of 5"}}, name)
            return {}

        return call


def _do(service, *steps):
    return Making(personalize=service, group=GROUP, wanted=WANTED).do(steps)


def test_solutions_are_made_without_automatic_training_and_trained_in_full():
    service = Service()

    _do(
        service,
        Step(verb=Verb.CREATE, kind=Kind.SOLUTION, name=SIMILAR),
        Step(verb=Verb.TRAIN, kind=Kind.SOLUTION, name=SIMILAR, arn="solution"),
    )

    recipe = "arn:aws:personalize:::recipe/aws-similar-items"
    made = {"name": "omni-dev-similar-items", "datasetGroupArn": GROUP, "recipeArn": recipe, "performAutoTraining": False}
    assert service.calls == [
        ("create_solution", made),
        ("create_solution_version", {"solutionArn": "solution", "trainingMode": "FULL"}),
    ]


def test_a_campaign_without_anything_to_serve_has_failed_and_nothing_is_called():
    service = Service()

    done = _do(service, Step(verb=Verb.CREATE, kind=Kind.CAMPAIGN, name=SIMILAR))

    assert (done[0].verb, done[0].why, service.calls) == (Verb.FAILED, "no version of its solution could be trained", [])


def test_a_full_quota_is_worth_another_try_and_what_is_under_way_is_waited_for():
    step = Step(verb=Verb.CREATE, kind=Kind.RECOMMENDER, name=Recommender.FOR_YOU)

    with pytest.raises(Transient, match="create recommender for-you: LimitExceededException: 5 of 5"):
        _do(Service("LimitExceededException"), step)
    with pytest.raises(ClientError):
        _do(Service("AccessDeniedException"), step)

    assert _do(Service("ResourceInUseException"), step)[0].verb is Verb.WAIT
