"""Values against schemas, and the OpenAPI file against the definition it is written from."""

from pathlib import Path

import pytest

from omnichannel.api.document import SCHEMAS, document, text
from omnichannel.api.schema import fault

DOCS = Path(__file__).parents[3] / "docs"
POINT = {"type": "object", "required": ["x"], "additionalProperties": False, "properties": {"x": {"type": "integer", "maximum": 9}}}


@pytest.mark.parametrize(
    ("value", "schema", "said"),
    [
        ("red", {"type": "string", "enum": ["red"]}, ""),
        ("blue", {"type": "string", "enum": ["red", "green"]}, "it: expected one of red, green"),
        (True, {"type": "integer", "minimum": 0, "maximum": 3}, "it: expected a whole number from 0 to 3"),
        (4, {"type": "integer", "minimum": 0, "maximum": 3}, "it: expected a whole number from 0 to 3"),
        (None, {"type": ["string", "null"]}, ""),
        ("", {"type": "string", "minLength": 1, "description": "a name"}, "it: expected a name"),
        ("a\n", {"type": "string", "pattern": r"^[a-z]+\Z", "description": "letters"}, "it: expected letters"),
        (["a", "a"], {"type": "array", "uniqueItems": True, "items": {"type": "string"}}, "it: expected 0 to any number times string"),
        (["a", 1], {"type": "array", "items": {"type": "string"}}, "it[]: expected string"),
        ({"x": 3}, POINT, ""),
        ({}, POINT, "it: expected x in it"),
        ({"x": 3, "secret": 1}, POINT, "it: 1 unknown names; expected only x"),
        ({"x": 10}, {"$ref": "#/components/schemas/Point"}, "it.x: expected a whole number from any to 9"),
        ({"secret": 1}, {"type": "object", "additionalProperties": {"type": "string"}}, "it.*: expected string"),
    ],
)
def test_what_does_not_fit_is_told_by_its_place_and_never_by_its_value(value, schema, said):
    assert fault(value, schema, {"Point": POINT}, "it") == said


def test_a_schema_that_says_what_nothing_checks_is_an_error():
    with pytest.raises(ValueError, match="format, which nothing checks"):
        fault("x", {"type": "string", "format": "date"}, {})


def test_the_file_is_the_definition():
    assert (DOCS / "openapi.json").read_text() == text(), "run: python -m omnichannel.api > docs/openapi.json"


def test_every_example_is_as_its_schema_says_and_every_reference_leads_somewhere():
    operations = [operation for path in document()["paths"].values() for operation in path.values()]
    contents = [
        each for operation in operations for response in operation["responses"].values() for each in response.get("content", {}).values()
    ]
    contents += [each for operation in operations if "requestBody" in operation for each in operation["requestBody"]["content"].values()]
    parameters = [each for operation in operations for each in operation.get("parameters", ())]

    wrong = [fault(each["example"], each["schema"], SCHEMAS) for each in contents + parameters]

    assert len(wrong) > 20
    assert not any(wrong)


def test_operations_have_ids_of_their_own_and_path_parameters_are_declared():
    found = [(path, operation) for path, methods in document()["paths"].items() for operation in methods.values()]

    assert len({operation["operationId"] for _, operation in found}) == len(found) == 5
    for path, operation in found:
        declared = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert declared == {part.strip("{}") for part in path.split("/") if part.startswith("{")}
