"""The small languages inside of a pipeline definition and a transform job."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.twins.sagemaker.columns import ColumnsError, columns, read_record, write_record
from sandbox.twins.sagemaker.definition import Definition
from sandbox.twins.sagemaker.expressions import ExpressionError, Scope, resolve, tokens

RECORD = ["id", "a", "b", "c"]


@pytest.mark.parametrize(
    ("path", "picked"),
    [
        (None, RECORD),
        ("$", RECORD),
        ("$[1]", ["a"]),
        ("$[-1]", ["c"]),
        ("$[1:]", ["a", "b", "c"]),
        ("$[:-1]", ["id", "a", "b"]),
        ("$[1:3]", ["a", "b"]),
        ("$[0,-1]", ["id", "c"]),
        ("$[0, 2]", ["id", "b"]),
    ],
)
def test_a_filter_picks_columns(path: str | None, picked: list[str]) -> None:
    assert columns(path)(RECORD) == picked


@pytest.mark.parametrize("path", ["$.name", "0", "$[]", "$[a]", "$[0][1]"])
def test_a_filter_that_csv_records_do_not_have_is_refused(path: str) -> None:
    with pytest.raises(ColumnsError, match="expected"):
        columns(path)


def test_a_column_that_a_record_lacks_is_named() -> None:
    with pytest.raises(ColumnsError, match=r"\$\[7\] asks for a column that a record with 4 columns lacks"):
        columns("$[7]")(RECORD)


def test_a_record_with_a_comma_and_a_quote_survives_both_ways() -> None:
    record = ["c,1", 'say "x"', "2"]

    assert read_record(write_record(record)) == record


def test_a_path_is_cut_at_dots_and_brackets() -> None:
    assert tokens("Steps.A-b.Outputs['x.y'][0].Uri") == ["Steps", "A-b", "Outputs", "x.y", "0", "Uri"]


def fail(name: str, message: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def scope(**steps: Any) -> Scope:
    return Scope(
        parameters={"N": 3, "F": 0.5, "B": True},
        execution={"PipelineName": "p"},
        read_property_file=lambda step, name: {"metrics": [{"auc": 0.8}], "asked": f"{step}/{name}"},
        read_json=lambda uri: {"uri": uri},
        steps=steps,
    )


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Get": "Parameters.N"}, 3),
        ({"Std:Join": {"On": "-", "Values": [{"Get": "Parameters.N"}, {"Get": "Parameters.F"}, {"Get": "Parameters.B"}]}}, "3-0.5-true"),
        ([{"a": {"Get": "Execution.PipelineName"}}], [{"a": "p"}]),
        ({"Get": "Steps.S.Outputs['o'].Uri"}, "s3://o"),
        ({"Std:JsonGet": {"PropertyFile": {"Get": "Steps.S.PropertyFiles.R"}, "Path": "metrics[0].auc"}}, 0.8),
        ({"Std:JsonGet": {"PropertyFile": {"Get": "Steps.S.PropertyFiles.R"}, "Path": "$.asked"}}, "S/R"),
        ({"Std:JsonGet": {"S3Uri": "s3://b/k.json", "Path": "uri"}}, "s3://b/k.json"),
    ],
)
def test_expressions_stand_for_values(value: Any, resolved: Any) -> None:
    given = scope(S={"Outputs": [{"OutputName": "n", "Uri": "s3://n"}, {"OutputName": "o", "Uri": "s3://o"}]})

    assert resolve(value, given) == resolved


def test_a_path_to_nothing_says_where_it_ended() -> None:
    with pytest.raises(ExpressionError, match="has nothing at 'Uri'; there is Name"):
        resolve({"Get": "Steps.S.Uri"}, scope(S={"Name": "x"}))


def test_a_dependency_comes_from_depends_on_from_references_and_from_the_branch() -> None:
    inner = fail("C", {"Get": "Steps.A.X"})
    gate = {"Name": "B", "Type": "Condition", "DependsOn": ["A"], "Arguments": {"Conditions": [], "IfSteps": [inner], "ElseSteps": []}}

    steps = Definition.parse(json.dumps({"Steps": [gate, fail("A", "x")]})).steps

    assert (steps["B"].needs, steps["C"].needs, steps["C"].branch) == ({"A"}, {"A", "B"}, ("B", True))


CELLS = st.text(alphabet='ab1.,"\r\n ', max_size=4).filter(lambda cell: "\r" not in cell and "\n" not in cell)


@given(
    st.lists(CELLS, min_size=1, max_size=5),
    st.sampled_from(["$", "$[0]", "$[-1]", "$[0,-1]", "$[1:]", "$[0:]", "$[:2]", "$[-2:]", "$[2:1]", "$[1,0]", "$[5]"]),
)
def test_columns_cut_out_of_a_line_are_those_of_its_record(record: list[str], path: str) -> None:
    wanted, line = columns(path), write_record(record)

    try:
        expected = write_record(wanted(record))
    except ColumnsError as lacking:
        with pytest.raises(ColumnsError, match=re.escape(str(lacking))):
            wanted.of_line(line)
    else:
        assert read_record(wanted.of_line(line)) == read_record(expected)
