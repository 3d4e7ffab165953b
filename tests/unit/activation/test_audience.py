"""The audience of a run: everyone scored, once, in the same order and the same bytes every time."""

import gzip
import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.activation import audience
from omnichannel.activation.parts import members

AS_OF = "2026-03-01"


def _scores(rows):
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    table = pa.table({name: list(column) for name, column in zip(("customer_id", "score", "band"), columns, strict=True)})
    return table.append_column("decile", pa.array([7] * len(rows), pa.int32())).append_column("run", pa.array(["r1"] * len(rows)))


def test_a_customer_in_one_population_only_has_only_its_traits():
    tables = {"churn": _scores([("c_2", 0.12345, "low")]), "repurchase": _scores([("c_1", 0.5, "medium"), ("c_2", 0.9, "high")])}

    records = audience.join(tables, {"c_2": "CRM-2"}, as_of=AS_OF)

    assert records == [
        {
            "customer_id": "c_1",
            "customer_ref": None,
            "traits": {"repurchase_propensity": 0.5, "repurchase_band": "medium", "propensity_as_of": AS_OF},
            "scores": {"repurchase": {"score": 0.5, "band": "medium", "decile": 7, "run": "r1"}},
        },
        {
            "customer_id": "c_2",
            "customer_ref": "CRM-2",
            "traits": {
                "churn_propensity": 0.123,
                "churn_band": "low",
                "repurchase_propensity": 0.9,
                "repurchase_band": "high",
                "propensity_as_of": AS_OF,
            },
            "scores": {
                "churn": {"score": 0.123, "band": "low", "decile": 7, "run": "r1"},
                "repurchase": {"score": 0.9, "band": "high", "decile": 7, "run": "r1"},
            },
        },
    ]


@given(st.permutations([("c_1", 0.1, "low"), ("c_2", 0.2, "low"), ("c_3", 0.9, "high"), ("c_4", 0.5, "medium")]))
def test_the_order_of_score_parts_changes_no_byte(rows):
    ordered = audience.join({"churn": _scores(sorted(rows))}, {}, as_of=AS_OF)

    shuffled = audience.join({"churn": _scores(rows)}, {}, as_of=AS_OF)

    assert audience.packed(shuffled) == audience.packed(ordered)


def test_a_part_is_read_as_it_was_written():
    records = audience.join({"churn": _scores([("c_1", 0.1, "low")])}, {"c_1": "Ünï-客"}, as_of=AS_OF)

    (member,) = members(audience.packed(records))

    assert (member.customer_id, member.customer_ref, member.traits) == ("c_1", "Ünï-客", records[0]["traits"])


def test_a_member_does_not_show_its_traits_in_its_repr():
    line = json.dumps({"customer_id": "c_1", "customer_ref": None, "traits": {"churn_band": "canary"}}).encode()

    (member,) = members(gzip.compress(line))

    assert "canary" not in repr(member)
    assert member.customer_ref == ""


def test_parts_of_no_customers_are_refused():
    with pytest.raises(ValueError, match="expected at least 1 customer"):
        audience.write(None, "lake", run="r", as_of=AS_OF, records=[], part_size=0)


def test_the_segment_is_a_trait_of_whoever_is_in_one():
    tables = {"churn": _scores([("c_1", 0.1, "low"), ("c_2", 0.2, "low")])}

    first, second = audience.join(tables, {}, as_of=AS_OF, segments={"c_1": "Regulars", "c_9": "Lookers"})

    assert first["traits"]["customer_segment"] == "Regulars"
    assert "customer_segment" not in second["traits"]
