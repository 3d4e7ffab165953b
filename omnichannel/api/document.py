"""The OpenAPI 3.1 document of the APIs that other systems call: what `docs/openapi.json` holds."""

import json
from collections.abc import Mapping
from typing import Any

from omnichannel.api import decisions, profiles, recommendations
from omnichannel.api.problem import LARGEST_BODY

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457; `instance` is the id under which the log knows the request",
    "required": ["type", "title", "status", "detail", "instance"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "pattern": "^urn:request:"},
    },
}
SCHEMAS: dict[str, Any] = {
    "Problem": PROBLEM,
    "RecommendedProduct": recommendations.ITEM,
    "Recommendations": recommendations.ANSWER,
    "Profile": profiles.ANSWER,
    "Members": profiles.MEMBERS_ANSWER,
    "DecisionRequest": decisions.BODY,
    "Decision": decisions.DECISION,
    "DecisionAnswer": decisions.ANSWER,
}
"""By the name under which the document refers to them."""
_REFUSED = {
    400: "The request cannot be meant; `detail` says what would work.",
    404: "There is nothing of that name.",
    409: "This deployment cannot do it: it scores nobody on demand.",
    413: f"The body has more than {LARGEST_BODY} bytes.",
    503: "A table could not be read; try again.",
}
_BY_THE_GATEWAY = {
    "401": {"description": "No valid token, where the deployment asks for one. Answered by API Gateway, without a problem document."},
    "403": {"description": "Not signed, or not allowed. Answered by API Gateway, without a problem document."},
    "429": {"description": "More requests than the deployment takes (`api_rate`, `api_burst`). Answered by API Gateway."},
}


def document() -> dict[str, Any]:
    """The whole document as plain values, always the same."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Omnichannel personalization",
            "version": "1",
            "description": "Recommendations by placement, the next best action of a customer, and what is known of them. Each API has an "
            "address of its own: the outputs RecommendationsUrl, DecisionsUrl and ProfilesUrl of the deployment.",
        },
        "servers": [{"url": "{address}", "variables": {"address": {"default": "https://abc123.execute-api.us-east-1.amazonaws.com"}}}],
        "security": [{"sigv4": []}, {"jwt": []}],
        "paths": {
            recommendations.PATH: {"get": _recommendations()},
            profiles.PATH: {"get": _profile()},
            profiles.SEARCH_PATH: {"get": _search()},
            profiles.MEMBERS_PATH: {"get": _members()},
            decisions.PATH: {"post": _decisions()},
        },
        "components": {"schemas": SCHEMAS, "securitySchemes": _security()},
    }


def text() -> str:
    """The document as the file has it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _recommendations() -> dict[str, Any]:
    told = {"cache-control": {"description": "private (public where nobody was named), for how many seconds", "schema": {"type": "string"}}}
    return {
        "operationId": "recommend",
        "summary": "Products to show in a place",
        "description": "Never empty while anything is in stock. Nobody's behaviour is used without their consent on record.",
        "parameters": recommendations.PARAMETERS,
        "responses": _responses("Recommendations", recommendations.EXAMPLE, 400, 404, 413, 503, headers=told),
    }


def _profile() -> dict[str, Any]:
    return {
        "operationId": "profile",
        "summary": "What is known of a customer",
        "parameters": profiles.PARAMETERS,
        "responses": _responses("Profile", profiles.EXAMPLE, 400, 404, 503),
    }


def _search() -> dict[str, Any]:
    return {
        "operationId": "search",
        "summary": "What is known of the customer with an e-mail address, which is told hashed",
        "parameters": profiles.SEARCH_PARAMETERS,
        "responses": _responses("Profile", profiles.EXAMPLE, 400, 404, 503),
    }


def _members() -> dict[str, Any]:
    return {
        "operationId": "members",
        "summary": "The customers of a segment, a page at a time",
        "description": "An unknown segment has nobody in it.",
        "parameters": profiles.MEMBERS_PARAMETERS,
        "responses": _responses("Members", profiles.MEMBERS_EXAMPLE, 400, 503),
    }


def _decisions() -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/DecisionRequest"}, "example": decisions.BODY_EXAMPLE}
    return {
        "operationId": "decide",
        "summary": "The next best action of a customer, now",
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": _responses("DecisionAnswer", decisions.EXAMPLE, 400, 404, 409, 413, 503),
    }


def _responses(schema: str, example: Mapping[str, Any], *refused: int, headers: Mapping[str, Any] | None = None) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}}
    found = {"200": {"description": "The answer.", "content": content, **({"headers": headers} if headers else {})}}
    ours = {str(status): {**_problem_response(), "description": _REFUSED[status]} for status in refused}
    return dict(sorted({**found, **ours, **_BY_THE_GATEWAY}.items()))


def _problem_response() -> dict[str, Any]:
    example = {
        "type": "about:blank", "title": "Unusable limit", "status": 400, "detail": "limit: expected a whole number from 1 to 50",
        "instance": "urn:request:Kx0bTjq-oAMEJ5g=",
    }  # fmt: skip
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    return {"description": "What was wrong.", "content": content}


def _security() -> dict[str, Any]:
    return {
        "sigv4": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "AWS Signature Version 4 for the service execute-api (api_authorizer=iam)",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
        "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "where api_authorizer=jwt"},
    }
