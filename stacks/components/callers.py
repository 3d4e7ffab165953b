"""What an API asks of its callers, as the knob `api_authorizer` says."""

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers

from stacks.settings import Settings


def authorizer(settings: Settings) -> apigateway.IHttpRouteAuthorizer:
    """A signature of an AWS identity that may invoke the route, or a token; one for each API, since each keeps its own."""
    jwt = settings.api_jwt
    if jwt is None:
        return authorizers.HttpIamAuthorizer()
    return authorizers.HttpJwtAuthorizer("Jwt", jwt.issuer, jwt_audience=list(jwt.audience))
