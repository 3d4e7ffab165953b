"""The recommendations API asks whom the playbook makes, and nobody else."""

from dataclasses import replace

import pytest

from omnichannel.contracts.recommendations import Custom, Placement, Recommender, own_arn
from omnichannel.playbook.personalize import load
from omnichannel.recommendations.asking import Asking, from_json, to_json
from omnichannel.recommendations.lifecycle.asked import asked

OWN = load()
SERVED = replace(OWN, solutions={name: replace(each, made=True, campaign=True) for name, each in OWN.solutions.items()})


def test_as_shipped_the_recommenders_are_asked_with_the_filters_of_the_file():
    found = asked(OWN)

    assert {placement: each.sources for placement, each in found.items()} == {
        Placement.HOME: ("recommender/for-you",),
        Placement.PRODUCT: ("recommender/also-viewed",),
        Placement.CART: ("recommender/bought-together",),
        Placement.CHECKOUT: (),
        Placement.EMAIL: ("recommender/for-you",),
    }
    assert {each.filter for each in found.values()} == {"", *(f"filter/{name}" for name in OWN.placements.values())}
    assert not any(each.ranking for each in found.values())


def test_the_campaign_of_similar_items_comes_before_the_recommender():
    assert asked(SERVED)[Placement.PRODUCT].sources == ("campaign/similar-items", "recommender/also-viewed")


@pytest.mark.parametrize(
    ("recommenders", "ranked"), [((Recommender.FOR_YOU,), {Placement.CHECKOUT}), ((), {Placement.HOME, Placement.CHECKOUT})]
)
def test_lists_are_ranked_where_nobody_recommends(recommenders, ranked):
    found = asked(replace(SERVED, recommenders=recommenders))

    assert {placement for placement, each in found.items() if each.ranking} == ranked
    assert {each.ranking for each in found.values()} == {"", f"campaign/{Custom.RANKING}"}


def test_a_placement_without_anybody_to_ask_has_no_filter():
    assert asked(replace(OWN, recommenders=()))[Placement.PRODUCT] == Asking()


def test_what_is_asked_survives_a_functions_environment():
    assert from_json(to_json(asked(SERVED))) == asked(SERVED)


def test_an_arn_is_made_of_the_dataset_groups():
    group = "arn:aws-us-gov:personalize:us-gov-west-1:123456789012:dataset-group/omni-dev"

    assert own_arn(group, "filter/in-stock") == "arn:aws-us-gov:personalize:us-gov-west-1:123456789012:filter/omni-dev-in-stock"
