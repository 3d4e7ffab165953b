"""A part is read as JSON in the strict sense, and still where one customer's text is none."""

import gzip
import json

from omnichannel.activation.parts import members


def test_half_a_character_in_one_customer_does_not_cost_the_part_its_others():
    records = [{"customer_id": f"c_{n}", "customer_ref": ref, "traits": {"n": n}} for n, ref in enumerate(("CRM-1", "CRM-\ud83d", None))]

    read = members(gzip.compress("\n".join(map(json.dumps, records)).encode()))

    assert [(each.customer_id, each.customer_ref, each.traits) for each in read] == [
        ("c_0", "CRM-1", {"n": 0}),
        ("c_1", "CRM-\ud83d", {"n": 1}),
        ("c_2", "", {"n": 2}),
    ]
