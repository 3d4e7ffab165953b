"""HTTP APIs: a route or two to one function, throttled, with an access log that shows nobody's address."""

import json

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.components.capability import Capability
from stacks.components.function import Function

# The caller's address is personal data; the request id finds the function's own log line.
LOGGED = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "integrationError": "$context.integrationErrorMessage",
}


class HttpApi(Construct):
    """An HTTP API in front of one function: `method` under `path` and `more` paths, POST under `posts`; `url` is its address.

    Without an authorizer the function itself must check. With `rest` the function also hears, under `$default`, what comes by no route, and
    says what there is; else API Gateway answers 404 by itself.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: Function,
        method: apigateway.HttpMethod,
        path: str,
        key: kms.IKey,
        more: tuple[str, ...] = (),
        posts: tuple[str, ...] = (),
        authorizer: apigateway.IHttpRouteAuthorizer | None = None,
        rest: bool = False,
    ) -> None:
        super().__init__(scope, id)
        stack = Capability.holding(self)
        self.api = apigateway.HttpApi(self, "Api", create_default_stage=False)
        integration = integrations.HttpLambdaIntegration("Integration", function.function)
        self.routes = [
            route
            for each, how in (*((got, method) for got in (path, *more)), *((posted, apigateway.HttpMethod.POST) for posted in posts))
            for route in self.api.add_routes(path=each, methods=[how], integration=integration, authorizer=authorizer)
        ]
        if rest:
            unrouted = apigateway.HttpRouteKey.DEFAULT
            apigateway.HttpRoute(self, "Rest", http_api=self.api, route_key=unrouted, integration=integration, authorizer=authorizer)
        access = logs.LogGroup(self, "AccessLogs", encryption_key=key, retention=stack.log_retention, removal_policy=stack.removal)
        self.stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=int(stack.settings.api_rate), burst_limit=int(stack.settings.api_burst)),
        )
        self._log_only(access)
        self.url = self.api.api_endpoint

    def _log_only(self, access: logs.LogGroup) -> None:
        stage = self.stage.node.default_child
        if not isinstance(stage, apigateway.CfnStage):
            raise TypeError(f"{self.stage.node.path} has no stage resource")
        stage.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=access.log_group_arn, format=json.dumps(LOGGED)
        )
