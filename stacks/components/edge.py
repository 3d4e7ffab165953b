"""CloudFront in front of an HTTP API, with a web ACL: answers about nobody in particular are kept at the edge, everybody else's pass."""

from aws_cdk import Duration, Fn, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_certificatemanager as certificates
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from stacks.api_knobs import CloudFront
from stacks.components.acknowledge import acknowledge
from stacks.components.capability import Capability

LONGEST = Duration.minutes(5)
"""No answer asks to be kept longer."""
RATE_SECONDS = 300
"""The window over which the web ACL counts requests of an address."""
MANAGED = ("AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet")
LONG_QUERIES = {"AWSManagedRulesCommonRuleSet": ("SizeRestrictions_QUERYSTRING",)}
"""Rules that only count: a list of excluded products may be longer than their 2 KB."""
LOGGED = (
    "timestamp", "DistributionId", "x-edge-location", "sc-status", "sc-bytes", "cs-method", "cs-uri-stem", "x-edge-result-type",
    "x-edge-request-id", "cs-protocol", "ssl-protocol", "time-taken", "time-to-first-byte", "x-edge-detailed-result-type",
)  # fmt: skip
"""Fields of an access log line: neither an address nor a query string, which may name a customer."""


class Edge(Construct):
    """A distribution under the knob's own name; `url` is its address. What it asks of callers the API behind it asks."""

    def __init__(self, scope: Construct, id: str, *, api: apigateway.HttpApi, knob: CloudFront, rate: int, key: kms.IKey) -> None:
        super().__init__(scope, id)
        address = Fn.select(2, Fn.split("/", api.api_endpoint))
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Recommendations",
            domain_names=[knob.domain],
            certificate=certificates.Certificate.from_certificate_arn(self, "Certificate", knob.certificate_arn),
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            web_acl_id=self._acl(rate).attr_arn,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.HttpOrigin(
                    address,
                    protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                    origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                ),
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
                cache_policy=self._kept(),
                response_headers_policy=cloudfront.ResponseHeadersPolicy.SECURITY_HEADERS,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            ),
            # An error is not kept: whoever is let in, or back, a moment later must not meet the refusal again.
            error_responses=[
                cloudfront.ErrorResponse(http_status=each, ttl=Duration.seconds(0)) for each in (403, 404, 500, 502, 503, 504)
            ],
        )
        self._log(key)
        self.url = f"https://{knob.domain}"
        acknowledge(self.distribution, "AwsSolutions-CFR1", "a shop's customers travel; who may ask is decided by their token")
        acknowledge(self.distribution, "AwsSolutions-CFR3", "logged by delivery to CloudWatch, which leaves addresses and queries out")

    def _kept(self) -> cloudfront.CachePolicy:
        """By the whole query and by the caller's token, so that no token opens what another was answered; `private` is never kept.

        CloudFront takes `private` and `no-store` at their word as long as the shortest time is none.
        """
        return cloudfront.CachePolicy(
            self,
            "Kept",
            min_ttl=Duration.seconds(0),
            default_ttl=Duration.seconds(0),
            max_ttl=LONGEST,
            query_string_behavior=cloudfront.CacheQueryStringBehavior.all(),
            header_behavior=cloudfront.CacheHeaderBehavior.allow_list("Authorization"),
            cookie_behavior=cloudfront.CacheCookieBehavior.none(),
            enable_accept_encoding_gzip=True,
            enable_accept_encoding_brotli=True,
        )

    def _acl(self, rate: int) -> waf.CfnWebACL:
        """AWS's managed rules, and as many requests of one address as the API takes altogether."""
        limit = waf.CfnWebACL.RateBasedStatementProperty(
            limit=rate * RATE_SECONDS, aggregate_key_type="IP", evaluation_window_sec=RATE_SECONDS
        )
        limited = waf.CfnWebACL.RuleProperty(
            name="Rate",
            priority=0,
            action=waf.CfnWebACL.RuleActionProperty(block={}),
            statement=waf.CfnWebACL.StatementProperty(rate_based_statement=limit),
            visibility_config=_counted("Rate"),
        )
        return waf.CfnWebACL(
            self,
            "WebAcl",
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[limited, *(_managed(name, priority) for priority, name in enumerate(MANAGED, start=1))],
            visibility_config=_counted("WebAcl"),
        )

    def _log(self, key: kms.IKey) -> None:
        stack = Capability.holding(self)
        group = logs.LogGroup(self, "AccessLogs", encryption_key=key, retention=stack.log_retention, removal_policy=stack.removal)
        group.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("delivery.logs.amazonaws.com")],
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[f"{group.log_group_arn}:log-stream:*"],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        name = f"{stack.stack_name}-edge"
        source = logs.CfnDeliverySource(
            self, "LogSource", name=name, log_type="ACCESS_LOGS", resource_arn=self.distribution.distribution_arn
        )
        target = logs.CfnDeliveryDestination(
            self, "LogTarget", name=name, destination_resource_arn=group.log_group_arn, output_format="json"
        )
        delivery = logs.CfnDelivery(
            self, "LogDelivery", delivery_source_name=name, delivery_destination_arn=target.attr_arn, record_fields=list(LOGGED)
        )
        delivery.add_resource_dependency(source)


def _managed(name: str, priority: int) -> waf.CfnWebACL.RuleProperty:
    counting = [
        waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count={}))
        for rule in LONG_QUERIES.get(name, ())
    ]
    group = waf.CfnWebACL.ManagedRuleGroupStatementProperty(vendor_name="AWS", name=name, rule_action_overrides=counting or None)
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(managed_rule_group_statement=group),
        visibility_config=_counted(name),
    )


def _counted(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """Counted in CloudWatch; no samples, which would keep addresses and queries."""
    return waf.CfnWebACL.VisibilityConfigProperty(cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False)
