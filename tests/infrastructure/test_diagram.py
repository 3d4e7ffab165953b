import pytest

from sandbox.diagram import PAGES, App, mermaid, shown
from tests.infrastructure.cloud import Cloud


@pytest.fixture(scope="module")
def picture(on: Cloud) -> str:
    return mermaid(App.read(on.files["foundation"].parent))


def test_the_pages_show_the_app_as_it_is(picture: str):
    stale = [page.name for page in PAGES if page.read_text() != shown(page.read_text(), picture)]

    assert stale == [], "make docs"


def test_every_api_is_in_the_picture_with_what_it_answers(on: Cloud, picture: str):
    asked = [route["RouteKey"] for _, route in App.read(on.files["foundation"].parent).resources("AWS::ApiGatewayV2::Route")]

    assert [route for route in asked if route not in picture and route != "$default"] == []


def test_the_picture_is_small_enough_to_be_looked_at(picture: str):
    nodes = [line for line in picture.splitlines() if '"' in line]

    assert len(nodes) <= 65


def test_the_picture_follows_a_file_from_landing_to_segment(picture: str):
    way = [
        "foundation_landing -- queue --> onboarding_onboarding_starter",
        "onboarding_onboard --> onboarding_stage_file",
        "onboarding_commit_files --> foundation_trusted",
        "foundation_trusted --> propensity_pipelines",
        "propensity_pipelines --> foundation_scores",
        "foundation_scores -- queue --> activation_activation_starter",
        "activation_segment_bridge --> api_segment_io",
    ]

    assert [step for step in way if step not in picture] == []
