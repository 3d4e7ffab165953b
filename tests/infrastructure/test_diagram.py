import pytest

from sandbox.diagram import overview, parts
from sandbox.diagram.app import App
from sandbox.diagram.pages import drawn
from tests.infrastructure.cloud import Cloud


@pytest.fixture(scope="module")
def app(on: Cloud) -> App:
    return App.read(on.files["foundation"].parent)


@pytest.fixture(scope="module")
def flow(app: App) -> parts.Flow:
    return parts.Flow.of(app)


@pytest.fixture(scope="module")
def picture(flow: parts.Flow) -> str:
    return parts.mermaid(flow)


@pytest.fixture(scope="module")
def whole(flow: parts.Flow) -> str:
    return overview.mermaid(flow)


def test_the_pages_show_the_app_as_it_is(app: App):
    stale = [page.name for page, text in drawn(app).items() if page.read_text() != text]

    assert stale == [], "make docs"


@pytest.mark.parametrize("which", ["picture", "whole"])
def test_every_api_is_in_both_pictures_with_what_it_answers(app: App, which: str, request: pytest.FixtureRequest):
    asked = [route["RouteKey"] for _, route in app.resources("AWS::ApiGatewayV2::Route")]

    assert [route for route in asked if route not in request.getfixturevalue(which) and route != "$default"] == []


@pytest.mark.parametrize(("which", "most"), [("picture", 65), ("whole", 22)])
def test_the_pictures_are_small_enough_to_be_looked_at(which: str, most: int, request: pytest.FixtureRequest):
    nodes = [line for line in request.getfixturevalue(which).splitlines() if '"' in line]

    assert len(nodes) <= most


def test_the_picture_of_the_parts_follows_a_file_from_landing_to_segment(picture: str):
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


def test_the_picture_of_the_whole_hands_on_from_stack_to_stack(whole: str):
    way = [
        "foundation_landing --> onboarding",
        "onboarding --> foundation_trusted",
        "foundation_trusted --> propensity",
        "propensity --> foundation_scores",
        "foundation_scores --> activation",
        "activation --> api_segment_io",
        "events --> recommendations_Amazon_Personalize",
    ]

    assert [step for step in way if f"  {step}\n" not in whole] == []


def test_what_a_stack_keeps_for_itself_is_not_in_the_picture_of_the_whole(picture: str, whole: str):
    assert "foundation_staging" in picture
    assert "foundation_staging" not in whole
