"""One question to the recommendations API in process, and what came of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from lambdas import recommendations_api
from omnichannel.api.schema import fault
from tests.faults.personalize_stub import PersonalizeStub

broken = recommendations_api._recommenders
"""What a process remembers of Personalize; its cache is cleared between cells."""


@dataclass(frozen=True)
class Answered:
    """A status, a body, and what Personalize was asked for it."""

    status: int
    content_type: str
    body: dict[str, Any]
    calls: Sequence[Mapping[str, Any]]

    @property
    def items(self) -> list[dict[str, str]]:
        """The products of an answer; none of a problem."""
        return list(self.body.get("items", ()))

    @property
    def tries(self) -> int:
        """How often Personalize was asked for recommendations."""
        return len(self.calls)

    @property
    def is_problem(self) -> bool:
        """Whether it says what was wrong, and under which id."""
        return self.content_type == "application/problem+json" and self.body["instance"] == "urn:request:r" and bool(self.body["detail"])

    def fits(self, schemas: Mapping[str, Any]) -> bool:
        """Whether the answer has the form that the API promises."""
        return not fault(self.body, schemas["Recommendations"], schemas)


def ask(question: Mapping[str, str], personalize: PersonalizeStub, environment: Mapping[str, str]) -> Answered:
    """`question` holds the placement, maybe a body, and the query's parameters."""
    query = {name: value for name, value in question.items() if name not in ("placement", "body")}
    event = {
        "version": "2.0", "pathParameters": {"placement": question["placement"]}, "queryStringParameters": query,
        "body": question.get("body"), "requestContext": {"requestId": "r"},
    }  # fmt: skip
    before = len(personalize.calls)
    with patch.dict("os.environ", environment):
        found = recommendations_api.handler(event, None)
    return Answered(found["statusCode"], found["headers"]["content-type"], json.loads(found["body"]), personalize.calls[before:])
