"""CloudFront in front of the recommendations API."""

import pytest

from stacks.settings import Settings, SettingsError
from tests.infrastructure.cloud import Cloud
from tests.infrastructure.conftest import synthesised
from tests.infrastructure.test_api_callers import JWT

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
EDGE = {**JWT, "api_edge": "cloudfront", "api_edge_domain": "recommend.shop.example", "api_edge_certificate_arn": CERTIFICATE}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    return synthesised(tmp_path_factory.mktemp("edge"), EDGE)


def test_the_edge_speaks_tls_1_2_to_both_sides_and_takes_questions_alone(cloud: Cloud):
    (found,) = cloud.all("AWS::CloudFront::Distribution")
    config = found.properties["DistributionConfig"]
    (origin,) = config["Origins"]

    assert config["Aliases"] == ["recommend.shop.example"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "https-only"
    assert config["DefaultCacheBehavior"]["AllowedMethods"] == ["GET", "HEAD"]
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]
    assert {each["ErrorCachingMinTTL"] for each in config["CustomErrorResponses"]} == {0}


def test_no_token_opens_what_another_was_answered_and_private_answers_are_not_kept(cloud: Cloud):
    (policy,) = cloud.all("AWS::CloudFront::CachePolicy")
    config = policy.properties["CachePolicyConfig"]
    key = config["ParametersInCacheKeyAndForwardedToOrigin"]

    assert key["HeadersConfig"] == {"HeaderBehavior": "whitelist", "Headers": ["Authorization"]}
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    # With any shortest time above none CloudFront would keep private answers.
    assert (config["MinTTL"], config["DefaultTTL"]) == (0, 0)


def test_the_web_acl_limits_addresses_and_keeps_no_samples(cloud: Cloud):
    (acl,) = cloud.all("AWS::WAFv2::WebACL")
    rules = {rule["Name"]: rule for rule in acl.properties["Rules"]}

    assert acl.properties["Scope"] == "CLOUDFRONT"
    assert rules["Rate"]["Statement"]["RateBasedStatement"]["Limit"] == 50 * 300
    assert {"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"} < set(rules)
    assert not any(each["VisibilityConfig"]["SampledRequestsEnabled"] for each in (acl.properties, *rules.values()))


def test_the_edges_log_shows_neither_an_address_nor_a_query(cloud: Cloud):
    (delivery,) = cloud.all("AWS::Logs::Delivery")

    assert not {"c-ip", "cs-uri-query", "x-forwarded-for", "cs(Cookie)"} & set(delivery.properties["RecordFields"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"api_edge": "waf"}, "api_edge='waf' is not a choice; expected one of off, cloudfront"),
        ({"api_edge": "cloudfront"}, "expected api_authorizer=jwt, or api_edge=off"),
        ({**EDGE, "region": "eu-central-1"}, "expected region=us-east-1, or api_edge=off"),
        ({**EDGE, "api_edge_domain": ""}, "api_edge=cloudfront needs api_edge_domain as well"),
        ({**EDGE, "api_edge_domain": "https://shop"}, "expected e.g. recommendations.shop.example"),
        ({**EDGE, "api_edge_certificate_arn": CERTIFICATE.replace("us-east-1", "eu-west-1")}, "expected e.g. arn:aws:acm:us-east-1"),
        ({"api_edge_domain": "shop.example"}, "api_edge_domain is for api_edge=cloudfront; got api_edge=off"),
    ],
)
def test_an_edge_that_could_not_work_ends_the_synthesis(given: dict[str, str], said: str):
    with pytest.raises(SettingsError) as refused:
        Settings.of(given)

    assert said in str(refused.value)
