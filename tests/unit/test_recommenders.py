"""A recommender is asked once more when that may help and there is time, and never for longer than somebody waits."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError, ReadTimeoutError

from omnichannel.aws.recommenders import NAMES_SECONDS, Recommenders
from omnichannel.contracts.recommendations import Recommender, recommender_name
from omnichannel.recommendations.answer import Ask, Dark

GROUP = "arn:aws:personalize:us-east-1:000000000000:dataset-group/omni-test"
ASK = Ask(recommender=Recommender.FOR_YOU, customer_id="c_1", product_id="", results=30, context={"DEVICE": "mobile"})
WELL = {"recommendationId": "RID-1", "itemList": [{"itemId": "p-1"}, {"score": 0.1}]}


def _refused(code, status):
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetRecommendations")


class Service:
    """Answers as planned, each call taking so many seconds of a clock that nothing else moves."""

    def __init__(self, *planned, seconds=0.0, listed=None):
        self.planned, self.seconds, self.now, self.asked, self.lists = list(planned), seconds, 0.0, [], 0
        self.listed = [{"recommenders": listed if listed is not None else [_active(each) for each in Recommender]}]

    def recommenders(self, group=GROUP):
        personalize = SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=self._list))
        runtime = SimpleNamespace(get_recommendations=self._answer)
        return Recommenders(dataset_group_arn=group, personalize=lambda: personalize, runtime=lambda: runtime, clock=lambda: self.now)

    def _list(self, **_):
        self.lists += 1
        return self.listed

    def _answer(self, **asked):
        self.asked.append(asked)
        self.now += self.seconds
        answer = self.planned.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _active(recommender, status="ACTIVE"):
    name = recommender_name(GROUP, recommender)
    return {"name": name, "recommenderArn": f"arn:{name}", "status": status}


def test_the_recommender_is_found_by_its_name_and_told_only_what_is_known():
    service = Service(WELL, WELL)
    recommenders = service.recommenders()

    found = recommenders.recommend(ASK)
    recommenders.recommend(Ask(recommender=Recommender.ALSO_VIEWED, customer_id="", product_id="p-9", results=5))

    assert (found.recommendation_id, found.product_ids) == ("RID-1", ["p-1"])
    assert service.asked == [
        {"recommenderArn": "arn:omni-test-for-you", "numResults": 30, "userId": "c_1", "context": {"DEVICE": "mobile"}},
        {"recommenderArn": "arn:omni-test-also-viewed", "numResults": 5, "itemId": "p-9"},
    ]
    assert service.lists == 1


@pytest.mark.parametrize(
    "failure",
    [
        _refused("ThrottlingException", 400),
        _refused("TooMany", 429),
        _refused("InternalServerException", 500),
        ReadTimeoutError(endpoint_url="x"),
        ConnectTimeoutError(endpoint_url="x"),
    ],
)
def test_what_may_pass_is_tried_once_more(failure):
    service = Service(failure, WELL, seconds=0.3)

    assert service.recommenders().recommend(ASK).product_ids == ["p-1"]

    with pytest.raises(Dark):
        Service(failure, failure, WELL).recommenders().recommend(ASK)


@pytest.mark.parametrize("failure", [_refused("AccessDeniedException", 403), ParamValidationError(report="no")])
def test_a_refusal_for_good_is_not_tried_again(failure):
    service = Service(failure, WELL)

    with pytest.raises(Dark):
        service.recommenders().recommend(ASK)

    assert len(service.asked) == 1


def test_there_is_no_second_try_without_the_time_for_it():
    service = Service(ReadTimeoutError(endpoint_url="x"), WELL, seconds=0.46)

    with pytest.raises(Dark, match="ReadTimeoutError"):
        service.recommenders().recommend(ASK)

    assert len(service.asked) == 1


@pytest.mark.parametrize("listed", [[], [_active(Recommender.FOR_YOU, "CREATE PENDING")], [_active(Recommender.ALSO_VIEWED)]])
def test_a_recommender_that_is_not_there_yet_is_looked_for_again(listed):
    service = Service(WELL, listed=listed)
    recommenders = service.recommenders()

    for _ in range(2):
        with pytest.raises(Dark, match="no active recommender"):
            recommenders.recommend(ASK)

    assert (service.lists, service.asked) == (2, [])


def test_names_are_believed_for_a_while_and_nobody_is_asked_without_a_dataset_group():
    service = Service(WELL, WELL)
    recommenders = service.recommenders()

    recommenders.recommend(ASK)
    service.now = NAMES_SECONDS
    recommenders.recommend(ASK)
    with pytest.raises(Dark, match="no dataset group"):
        service.recommenders("").recommend(ASK)

    assert service.lists == 2
