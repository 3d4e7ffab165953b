"""A recommender is asked once more when that may help and there is time, and never for longer than somebody waits."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError, ReadTimeoutError

from omnichannel.aws.recommenders import MISSING_SECONDS, Recommenders
from omnichannel.contracts.recommendations import Placement
from omnichannel.recommendations.answer import Ask, Dark
from omnichannel.recommendations.asking import Asking

GROUP = "arn:aws:personalize:us-east-1:000000000000:dataset-group/omni-test"
ARN = "arn:aws:personalize:us-east-1:000000000000"
ASKING = {
    Placement.HOME: Asking(sources=("recommender/for-you",)),
    Placement.PRODUCT: Asking(sources=("campaign/similar-items", "recommender/also-viewed"), filter="filter/in-stock"),
    Placement.CHECKOUT: Asking(ranking="campaign/ranking"),
}
ASK = Ask(placement=Placement.HOME, customer_id="c_1", product_id="", results=30, context={"DEVICE": "mobile"})
PRODUCT = Ask(placement=Placement.PRODUCT, customer_id="", product_id="p-9", results=5)
FILTER, SIMILAR, ALSO_VIEWED = (
    f"{ARN}:filter/omni-test-in-stock",
    f"{ARN}:campaign/omni-test-similar-items",
    f"{ARN}:recommender/omni-test-also-viewed",
)
WELL = {"recommendationId": "RID-1", "itemList": [{"itemId": "p-1"}, {"score": 0.1}]}


def _refused(code, status):
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetRecommendations")


GONE, NOT_READY = _refused("ResourceNotFoundException", 404), _refused("InvalidInputException", 400)


class Service:
    """Answers as planned, each call taking so many seconds of a clock that nothing else moves."""

    def __init__(self, *planned, seconds=0.0):
        self.planned, self.seconds, self.now, self.asked = list(planned), seconds, 0.0, []

    def recommenders(self, group=GROUP):
        runtime = SimpleNamespace(get_recommendations=self._answer, get_personalized_ranking=self._answer)
        return Recommenders(dataset_group_arn=group, asking=ASKING, runtime=lambda: runtime, clock=lambda: self.now)

    @property
    def named(self):
        """The campaign or recommender of each call, and its filter."""
        return [(call.get("campaignArn", call.get("recommenderArn")), call.get("filterArn")) for call in self.asked]

    def _answer(self, **asked):
        self.asked.append(asked)
        self.now += self.seconds
        answer = self.planned.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_the_first_is_asked_by_its_name_with_the_filter_and_told_only_what_is_known():
    service = Service(WELL, WELL)
    recommenders = service.recommenders()

    found = recommenders.recommend(ASK)
    recommenders.recommend(PRODUCT)

    assert (found.recommendation_id, found.product_ids) == ("RID-1", ["p-1"])
    assert service.asked == [
        {"recommenderArn": f"{ARN}:recommender/omni-test-for-you", "numResults": 30, "userId": "c_1", "context": {"DEVICE": "mobile"}},
        {"campaignArn": SIMILAR, "filterArn": FILTER, "numResults": 5, "itemId": "p-9"},
    ]


def test_a_campaign_that_is_not_there_leaves_it_to_the_recommender_and_is_not_asked_again_for_a_while():
    service = Service(GONE, GONE, WELL, WELL, WELL)
    recommenders = service.recommenders()

    for now in (0, 1, MISSING_SECONDS["ResourceNotFoundException"]):
        service.now = now
        assert recommenders.recommend(PRODUCT).product_ids == ["p-1"]

    assert service.named == [(SIMILAR, FILTER), (SIMILAR, None), (ALSO_VIEWED, FILTER), (ALSO_VIEWED, FILTER), (SIMILAR, FILTER)]


@pytest.mark.parametrize("refusal", [GONE, NOT_READY])
def test_a_filter_that_is_not_there_is_left_out_for_a_while(refusal):
    service = Service(refusal, WELL, WELL, WELL)
    recommenders = service.recommenders()

    for now in (0, 1, MISSING_SECONDS[refusal.response["Error"]["Code"]]):
        service.now = now
        recommenders.recommend(PRODUCT)

    assert service.named == [(SIMILAR, FILTER), (SIMILAR, None), (SIMILAR, None), (SIMILAR, FILTER)]


def test_where_nobody_is_there_nobody_is_asked_until_a_while_has_passed():
    service = Service(*[GONE] * 4)
    recommenders = service.recommenders()

    for _ in range(2):
        with pytest.raises(Dark, match="nobody to ask"):
            recommenders.recommend(PRODUCT)

    assert service.named == [(SIMILAR, FILTER), (SIMILAR, None), (ALSO_VIEWED, FILTER), (ALSO_VIEWED, None)]


def test_looking_for_somebody_who_is_there_ends_with_the_time():
    service = Service(GONE, GONE, WELL, seconds=0.3)

    with pytest.raises(Dark, match="no time"):
        service.recommenders().recommend(PRODUCT)

    assert len(service.asked) == 2


def test_a_list_is_ranked_by_the_campaign_that_the_playbook_has_for_it():
    service = Service({"recommendationId": "RID-2", "personalizedRanking": [{"itemId": "p-2"}, {"itemId": "p-1"}, {}]}, GONE)
    recommenders = service.recommenders()

    ranked = recommenders.rank(Placement.CHECKOUT, "c_1", ["p-1", "p-2"])
    for placement in (Placement.CHECKOUT, Placement.CHECKOUT, Placement.HOME):
        with pytest.raises(Dark, match="nobody to ask"):
            recommenders.rank(placement, "c_1", ["p-1"])

    assert (ranked.recommendation_id, ranked.product_ids) == ("RID-2", ["p-2", "p-1"])
    assert service.asked[0] == {"campaignArn": f"{ARN}:campaign/omni-test-ranking", "userId": "c_1", "inputList": ["p-1", "p-2"]}
    assert len(service.asked) == 2


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


def test_nobody_is_asked_without_a_dataset_group():
    service = Service()

    with pytest.raises(Dark, match="nobody to ask"):
        service.recommenders("").recommend(ASK)
    with pytest.raises(Dark, match="nobody to ask"):
        service.recommenders("").rank(Placement.CHECKOUT, "c_1", ["p-1"])

    assert service.asked == []
