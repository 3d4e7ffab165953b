"""Who may call the APIs."""

import pytest

from stacks.recommendations import checked
from stacks.settings import Settings, SettingsError
from tests.infrastructure.cloud import Cloud
from tests.infrastructure.conftest import synthesised

JWT = {"api_authorizer": "jwt", "api_jwt_issuer": "https://login.example.com/shop", "api_jwt_audience": "shop-pages, shop-mail"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    return synthesised(tmp_path_factory.mktemp("jwt"), JWT)


def test_tokens_of_the_issuer_open_the_apis_and_reviews_stay_signed(cloud: Cloud):
    kinds = {route.properties["RouteKey"]: route.properties["AuthorizationType"] for route in cloud.all("AWS::ApiGatewayV2::Route")}
    believed = [each.properties["JwtConfiguration"] for each in cloud.all("AWS::ApiGatewayV2::Authorizer")]

    assert {kind for route, kind in kinds.items() if "reviews" in route} == {"AWS_IAM"}
    assert {route for route, kind in kinds.items() if kind == "JWT"} == {
        "GET /recommendations/{placement}", "GET /profiles/{id}", "GET /profiles", "GET /members", "POST /decisions", "$default",
    }  # fmt: skip
    assert believed == [{"Issuer": "https://login.example.com/shop", "Audience": ["shop-pages", "shop-mail"]}] * 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"api_authorizer": "none"}, "api_authorizer='none' is not a choice; expected one of iam, jwt"),
        ({"api_authorizer": "jwt"}, "api_authorizer=jwt needs api_jwt_issuer, api_jwt_audience as well"),
        ({**JWT, "api_jwt_audience": ""}, "api_authorizer=jwt needs api_jwt_audience as well"),
        ({**JWT, "api_jwt_issuer": "http://login.example.com"}, "expected e.g. https://cognito-idp"),
        ({"api_jwt_audience": "shop"}, "api_jwt_audience is for api_authorizer=jwt; got api_authorizer=iam"),
    ],
)
def test_tokens_that_nobody_could_check_end_the_synthesis(given: dict[str, str], said: str):
    with pytest.raises(SettingsError) as refused:
        Settings.of(given)

    assert said in str(refused.value)


def test_a_promotion_that_cannot_be_meant_ends_the_synthesis(tmp_path):
    (tmp_path / "promotions.yaml").write_text("promotions: {sale: {share: 2}}")

    with pytest.raises(SettingsError, match=r"promotions\.sale lacks placements, from, until, items"):
        checked(tmp_path)
