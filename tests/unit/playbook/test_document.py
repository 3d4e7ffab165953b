"""The playbook's YAML: what is there twice or is no text in UTF-8 is refused by file and line."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.playbook.document import UnusablePlaybook, read


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", "a is there twice, in lines 1 and 3"),
        ("b:\n  c: {d: 1, d: 2}\n", "d is there twice, in lines 2 and 2"),
        ("b:\n  - a: 1\n    'a': 2\n", "a is there twice, in lines 2 and 3"),
    ],
)
def test_a_name_that_is_there_twice_is_refused_with_its_lines(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "x.yaml").write_text(content)

    with pytest.raises(UnusablePlaybook, match=f"x.yaml is no YAML: {says}; expected every name once"):
        read("x", tmp_path)


def test_what_is_taken_over_may_be_said_otherwise(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: &a {n: 1, m: 1}\nb: &b {<<: *a, n: 2}\nc: {<<: *b, n: 3}\n")

    assert read("x", tmp_path) == {"a": {"n": 1, "m": 1}, "b": {"n": 2, "m": 1}, "c": {"n": 3, "m": 1}}


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_whatever_the_bytes_are_it_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.yaml").write_bytes(content)

    try:
        found: object = read("x", tmp_path)
    except UnusablePlaybook as refused:
        found = str(refused)

    assert isinstance(found, dict) or "x.yaml" in str(found)
