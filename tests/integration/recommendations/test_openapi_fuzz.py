"""Requests made from the OpenAPI document, and requests that are nothing like it: every answer is one that the document promises."""

import base64
import json
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdas import decisions_api, profiles_api, recommendations_api
from omnichannel.api.document import SCHEMAS, document
from omnichannel.api.schema import fault
from omnichannel.contracts.store import POPULAR_KEY
from omnichannel.playbook.personalize import load
from omnichannel.recommendations.asking import to_json
from omnichannel.recommendations.lifecycle.asked import asked
from tests.memory_tables import MemoryTables

SEEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
PATHS = document()["paths"]
RECOMMEND, CUSTOMER = PATHS["/recommendations/{placement}"]["get"], PATHS["/profiles/{id}"]["get"]
MEMBERS, DECIDE = PATHS["/members"]["get"], PATHS["/decisions"]["post"]
GROUP = "arn:aws:personalize:us-east-1:000000000000:dataset-group/omni-test"
GRANTED = {"granted": True, "at": "2026-01-01T00:00:00Z"}
PRINTABLE = st.characters(codec="utf-8", exclude_categories=("C", "Z")).filter(str.isprintable)
ANYTHING = st.text(st.characters(codec="utf-8"), max_size=40)
KNOWN = {
    "customer_id": ["c_1"],
    "customer_ref": ["ref-1"],
    "product_id": ["p-1", "p-2"],
    "id": ["c_1", "ref:ref-1"],
    "segment": ["Sleepers"],
}
"""Names of what is there, so that not every request is about nobody."""


def values(schema, name=""):
    """Whatever a schema allows, of printable characters; names that are known among it."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "array":
        return st.lists(values(schema["items"], name), min_size=schema.get("minItems", 0), max_size=min(4, schema.get("maxItems", 4)))
    if schema["type"] == "object":
        named = {each: values(of, each) for each, of in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional=named)
    if schema["type"] == "string":
        known = st.sampled_from(KNOWN.get(name, ["p-3"]))
        return (known | _texts(schema)) if "printable" in schema.get("description", "") else _texts(schema)
    return {
        "integer": st.integers(schema.get("minimum"), schema.get("maximum")),
        "boolean": st.booleans(),
    }[schema["type"]]


def _texts(schema):
    if "printable" not in schema.get("description", "") and "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    text = st.text(PRINTABLE, min_size=schema.get("minLength", 0), max_size=min(20, schema.get("maxLength", 20)))
    return text.filter(lambda value: not fault(value, schema, {}))


def queries(operation):
    """Parameters as the document allows them, by where they stand."""
    listed = operation["parameters"]
    required = {each["name"]: values(each["schema"], each["name"]) for each in listed if each.get("required")}
    optional = {each["name"]: values(each["schema"], each["name"]) for each in listed if not each.get("required")}
    return st.fixed_dictionaries(required, optional=optional)


@pytest.fixture(autouse=True)
def world(monkeypatch):
    """Tables in memory and a Personalize that recommends; nothing of a request leaves the process."""
    products = [
        {"product_id": f"p-{n}", "name": f"P {n}", "active": True, "stock": n % 3, "price": "9.90", "currency": "EUR"} for n in range(30)
    ]
    products.append({"product_id": POPULAR_KEY, "items": [f"p-{n}" for n in range(30)]})
    customers = [
        {
            "customer_id": "c_1",
            "consents": {"personalization/any": GRANTED, "marketing/any": GRANTED},
            "email": "a@example.org",
            "in_segment": "Sleepers",
        },
        {"customer_id": "customer_ref#ref-1", "customer": "c_1"},
    ]
    tables = MemoryTables(customers=customers, products=products)
    answer = {"recommendationId": "RID-1", "itemList": [{"itemId": f"p-{n}"} for n in range(5, 12)]}
    clients = {
        "dynamodb": tables,
        "personalize-runtime": SimpleNamespace(get_recommendations=lambda **_: answer),
    }
    for module in (recommendations_api, profiles_api, decisions_api):
        monkeypatch.setattr(module, "waiting_client", clients.__getitem__)
    environment = {"DATASET_GROUP_ARN": GROUP, "PERSONALIZE_ASKS": to_json(asked(load())), "SCORE_FUNCTION": "", "SENT_TABLE": "sent"}
    for name, value in {**environment, "PRODUCTS_TABLE": "products", "CUSTOMERS_TABLE": "customers"}.items():
        monkeypatch.setenv(name, value)
    recommendations_api._recommenders.cache_clear()
    yield
    recommendations_api._recommenders.cache_clear()


def _asked(handler, operation, **event):
    """The answer's status and body, which the operation promises for that status."""
    found = handler.handler({"version": "2.0", "requestContext": {"requestId": "r"}, **event}, None)
    promised = operation["responses"][str(found["statusCode"])]["content"]
    (kind, content), body = next(iter(promised.items())), json.loads(found["body"])
    assert found["statusCode"] < 500
    assert found["headers"]["content-type"] == kind
    assert fault(body, content["schema"], SCHEMAS) == ""
    assert ("max-age" in found["headers"]["cache-control"]) == (found["statusCode"] == 200 and handler is recommendations_api)
    return found["statusCode"], body


def _wired(asked, operation):
    """Parameters as an HTTP API hands them on."""
    text = {name: ",".join(value) if isinstance(value, list) else str(value) for name, value in asked.items()}
    inside = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
    path, query = ({name: value for name, value in text.items() if (name in inside) is wanted} for wanted in (True, False))
    return {"pathParameters": path, "queryStringParameters": query}


@SEEN
@given(asked=queries(RECOMMEND))
def test_what_the_document_allows_is_answered_with_products(asked):
    status, body = _asked(recommendations_api, RECOMMEND, **_wired(asked, RECOMMEND))

    left_out = {*asked.get("product_id", ()), *asked.get("exclude", ())}
    shown = [item["product_id"] for item in body.get("items", ())]
    assert status == 200
    assert 0 < len(shown) <= asked.get("limit", 10)
    assert not left_out & set(shown)
    assert len(set(shown)) == len(shown)


@SEEN
@given(
    placement=ANYTHING | st.sampled_from(["home", "cart"]),
    query=st.dictionaries(ANYTHING | st.sampled_from([each["name"] for each in RECOMMEND["parameters"]]), ANYTHING, max_size=5),
)
def test_what_nobody_means_is_refused_in_the_documents_words(placement, query):
    _asked(recommendations_api, RECOMMEND, pathParameters={"placement": placement}, queryStringParameters=query)


@SEEN
@given(asked=queries(CUSTOMER))
def test_customers_are_found_as_the_document_says(asked):
    status, _ = _asked(profiles_api, CUSTOMER, **_wired(asked, CUSTOMER))

    assert status in (200, 404)


@SEEN
@given(asked=queries(CUSTOMER), id_=ANYTHING, query=st.dictionaries(ANYTHING | st.just("fields"), ANYTHING, max_size=3))
def test_customers_are_not_found_by_nonsense(asked, id_, query):
    _asked(profiles_api, CUSTOMER, pathParameters={"id": id_}, queryStringParameters=query)


@SEEN
@given(asked=queries(MEMBERS))
def test_customers_of_a_segment_are_listed_as_the_document_says(asked):
    status, body = _asked(profiles_api, MEMBERS, routeKey="GET /members", **_wired(asked, MEMBERS))

    assert status == 200
    assert {each["customer_id"] for each in body["profiles"]} <= ({"c_1"} if asked["segment"] == "Sleepers" else set())


@SEEN
@given(query=st.dictionaries(ANYTHING | st.sampled_from([each["name"] for each in MEMBERS["parameters"]]), ANYTHING, max_size=4))
def test_customers_of_a_segment_are_not_listed_by_nonsense(query):
    _asked(profiles_api, MEMBERS, routeKey="GET /members", queryStringParameters=query)


@SEEN
@given(asked=values(SCHEMAS["DecisionRequest"]))
def test_decisions_are_made_as_the_document_says(asked):
    status, _ = _asked(decisions_api, DECIDE, body=json.dumps(asked))

    assert status in ((400,) if fault(asked, SCHEMAS["DecisionRequest"], SCHEMAS) else (200, 404, 409))


NAMES = ANYTHING | st.sampled_from(list(SCHEMAS["DecisionRequest"]["properties"]))
SCALARS = st.none() | st.booleans() | st.integers() | ANYTHING
JSON = st.recursive(SCALARS, lambda each: st.lists(each) | st.dictionaries(NAMES, each), max_leaves=10).map(json.dumps)


@SEEN
@given(body=ANYTHING | JSON)
def test_no_body_breaks_a_decision(body):
    _asked(decisions_api, DECIDE, body=body)


@pytest.mark.parametrize(
    ("handler", "operation", "asked"),
    [
        (recommendations_api, RECOMMEND, {"pathParameters": {"placement": "home"}}),
        (profiles_api, CUSTOMER, {"pathParameters": {"id": "c_1"}}),
        (decisions_api, DECIDE, {"body": '{"customer_id": "c_1"}'}),
    ],
)
def test_a_table_that_leaves_items_unread_is_no_failure_of_the_function(monkeypatch, handler, operation, asked):
    busy = SimpleNamespace(batch_get_item=lambda **asked: {"Responses": {}, "UnprocessedKeys": asked["RequestItems"]})
    monkeypatch.setattr(handler, "SECONDS", 0.05)
    monkeypatch.setattr(handler, "waiting_client", lambda _: busy)

    found = handler.handler({"version": "2.0", "requestContext": {"requestId": "r"}, **asked}, None)

    assert found["statusCode"] == 503
    assert "503" in operation["responses"]
    assert found["headers"]["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("text", "encoded", "status"),
    [
        ("x" * 16_385, False, 413),
        ("ü" * 8_193, False, 413),
        ("x" * 13_000, True, 400),
        ("x" * 16_384, True, 400),
        ("x" * 16_385, True, 413),
    ],
)
def test_a_body_is_measured_in_its_own_bytes_however_it_comes(text, encoded, status):
    body = base64.b64encode(text.encode()).decode() if encoded else text

    got, _ = _asked(decisions_api, DECIDE, body=body, isBase64Encoded=encoded)

    assert got == status
