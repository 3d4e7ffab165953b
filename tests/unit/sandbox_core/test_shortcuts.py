"""What MiniStack works out once instead of again and again: the answers are the same."""

import asyncio
import copy
import importlib.util
import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from types import SimpleNamespace

import jsonata
import pytest
from ministack.core import iam_evaluator

from sandbox import gateway, shortcuts

TABLE = {
    "TableName": "customers",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ITEM = {
    "name": {"S": "Zoë"},
    "spent": {"N": "0012.500"},
    "tags": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1.0", "2"]},
    "photo": {"B": "AAEC"},
    "gone": {"NULL": True},
    "known": {"BOOL": False},
    "nested": {"M": {"ä": {"L": [{"S": "x"}, {"N": "1e3"}, {"M": {}}]}}},
}


def ministack_alone(name):
    """A second instance of one of MiniStack's modules, with tables of its own, as it is without the gateway."""
    spec = importlib.util.find_spec(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def plain():
    return ministack_alone("ministack.services.dynamodb")


@pytest.fixture
def quick():
    modules = [ministack_alone(f"ministack.{name}") for name in ("services.dynamodb", "core.iam_actions", "core.iam_evaluator")]
    shortcuts.install(*modules)
    return SimpleNamespace(**dict(zip(("dynamodb", "actions", "evaluator"), modules, strict=True)))


def put(key, **more):
    return {"Put": {"TableName": "customers", "Item": {"id": {"S": key}, **ITEM}, **more}}


def update(key, expression, values, names=None, **more):
    named = {"ExpressionAttributeNames": names} if names else {}
    asked = {"TableName": "customers", "Key": {"id": {"S": key}}, "UpdateExpression": expression, "ExpressionAttributeValues": values}
    return {"Update": {**asked, **named, **more}}


def transaction(*actions):
    return "TransactWriteItems", {"TransactItems": list(actions), "ReturnConsumedCapacity": "INDEXES"}


def updated(*arguments, **more):
    return "UpdateItem", {**update(*arguments, **more)["Update"], "ReturnValues": "UPDATED_OLD", "ReturnConsumedCapacity": "TOTAL"}


ABSENT = {"ConditionExpression": "attribute_not_exists(id)"}
ASKED = [
    transaction(put("a", **ABSENT), put("b", **ABSENT)),
    transaction(put("a", **ABSENT), put("c", **ABSENT)),
    transaction(update("a", "SET #n = :n", {":n": ITEM["nested"]}, {"#n": "copy"}, ConditionExpression="attribute_exists(id)")),
    transaction(update("a", "SET nested.#a[0] = :x", {":x": {"S": "y"}}, {"#a": "ä"})),
    updated("a", "SET spent = spent + :more, firsts = if_not_exists(firsts, :more)", {":more": {"N": "1"}}),
    updated("a", "SET nested.#a = list_append(nested.#a, :l) REMOVE photo", {":l": {"L": [{"S": "z"}]}}, {"#a": "ä"}),
    updated("a", "ADD tags :t", {":t": {"SS": ["c"]}}),
    updated("a", "SET size = :x", {":x": {"S": "a reserved word"}}),
    updated("a", "SET name = = :x", {":x": {"S": "no syntax"}}, ConditionExpression="((id = :x))"),
    updated("b", "SET spent = :x", {":x": {"N": "one"}}),
    updated("b", "SET spent = :x", {":x": {"N": "1" * 39}}),
    updated("b", "SET spent = :x", {":x": {"S": "x" * 410_000}}),
    ("PutItem", {"TableName": "customers", "Item": {"id": {"S": ""}}}),
    ("PutItem", {"TableName": "customers", "Item": {"id": {"S": "d"}, "n": {"N": ["1"]}}}),
    ("PutItem", {"TableName": "customers", "Item": {"id": {"S": "d"}, "n": {"M": []}}}),
    ("BatchWriteItem", {"RequestItems": {"customers": [{"PutRequest": {"Item": {"id": {"S": "e"}, **ITEM}}}]}}),
    ("BatchWriteItem", {"RequestItems": {"customers": [{"PutRequest": {"Item": {"id": {"S": "e"}}}}] * 2}}),
    (
        "BatchGetItem",
        {"RequestItems": {"customers": {"Keys": [{"id": {"S": "a"}}], "ProjectionExpression": "id, nested.#a[1]",
                                        "ExpressionAttributeNames": {"#a": "ä"}}}},
    ),
    ("Query", {"TableName": "customers", "KeyConditionExpression": "id = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}),
    ("Scan", {"TableName": "customers", "FilterExpression": "spent > :n", "ExpressionAttributeValues": {":n": {"N": "5"}}}),
    ("Scan", {"TableName": "customers"}),
]  # fmt: skip


def answered(dynamodb, operation, asked):
    headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
    status, _, body = asyncio.run(dynamodb.handle_request("POST", "/", headers, json.dumps(asked).encode(), {}))
    return status, json.loads(body)


def test_a_table_answers_with_the_shortcuts_as_without_them(plain, quick):
    tables = plain, quick.dynamodb
    for dynamodb in tables:
        answered(dynamodb, "CreateTable", TABLE)

    alone, hurried = [[answered(dynamodb, *asked) for asked in ASKED] for dynamodb in tables]

    assert hurried == alone
    assert {status for status, _ in alone} == {200, 400}


@pytest.mark.parametrize("value", [*ITEM.values(), {}, {"S": 1}, {"N": 5}, {"M": {}}, {"L": [1]}, {"S": "a", "N": "1"}, "text", None])
def test_the_size_of_a_value_is_the_one_that_ministack_counts(plain, quick, value):
    assert quick.dynamodb._attribute_value_size(value) == plain._attribute_value_size(value)


@pytest.mark.parametrize("value", [ITEM, {"a": [1, 2.5, None, True, "ü", b"\0"]}, {"amount": Decimal("1.10")}, [object]])
def test_a_copy_is_equal_and_shares_nothing_that_can_change(value):
    made = shortcuts.copied(value)

    assert made == copy.deepcopy(value)
    assert made is not value


def test_a_copy_does_not_change_with_what_it_was_made_of():
    item = copy.deepcopy(ITEM)
    made = shortcuts.copied(item)

    item["nested"]["M"].clear()

    assert made == ITEM


def test_who_serves_a_request_may_change_its_body_and_nobody_else_sees_that():
    bodies, body = shortcuts.Bodies(), b'{"TableName": "arn"}'

    seen = bodies.look(body)
    taken = bodies.take(body)
    taken["TableName"] = "customers"

    assert bodies.look(body) == bodies.take(body) == {"TableName": "arn"}
    assert seen is taken


def test_the_body_of_another_request_is_never_taken_for_this_one():
    bodies = shortcuts.Bodies()
    bodies.look(b'{"of": "one"}')

    assert bodies.take(b'{"of": "another"}') == {"of": "another"}


def test_a_body_that_is_no_json_is_refused_as_before():
    with pytest.raises(json.JSONDecodeError):
        shortcuts.Bodies().look(b"{")


def test_of_a_transaction_every_kind_of_write_to_every_table_is_checked_once(quick):
    check = {"ConditionCheck": {"TableName": "orders", "Key": {"id": {"S": "a"}}}}
    body = json.dumps({"TransactItems": [put("a"), put("b"), update("c", "", {}), check]}).encode()

    checked = quick.actions.dynamodb_transaction_checks("dynamodb:TransactWriteItems", body, "us-east-1", "000000000000")

    asked = ministack_alone("ministack.core.iam_actions").dynamodb_transaction_checks(
        "dynamodb:TransactWriteItems", body, "us-east-1", "000000000000"
    )
    assert set(checked) == set(asked)
    assert [action for action, _ in checked] == ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"]


def test_a_policy_is_read_again_when_its_text_has_changed(quick):
    read = quick.evaluator.parse_policy_document
    policy = '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
    first = read(policy)
    first.clear()

    assert [statement.actions for statement in read(policy)] == [["s3:GetObject"]]
    assert [statement.actions for statement in read(policy.replace("Get", "Put"))] == [["s3:PutObject"]]
    assert read(json.loads(policy))[0].effect == iam_evaluator.parse_policy_document(policy)[0].effect == "Allow"


SUMS = "($double := function($x) { $x * 2 }; $map($states.input, $double)[$ > 2])"


def evaluated(numbers):
    return jsonata.Jsonata.jsonata(SUMS).evaluate(None, {"states": {"input": numbers}})


def test_an_expression_is_parsed_once_and_evaluated_for_each_who_asks():
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(evaluated, ([n, n + 1] for n in range(2, 40))))

    assert answers == [[2 * n, 2 * n + 2] for n in range(2, 40)]
    assert gateway.EXPRESSIONS.parse(SUMS) is gateway.EXPRESSIONS.parse(SUMS)


def test_an_expression_that_is_none_is_refused_every_time():
    for _ in range(2):
        with pytest.raises(jsonata.jexception.JException):
            jsonata.Jsonata.jsonata("$sum(")
