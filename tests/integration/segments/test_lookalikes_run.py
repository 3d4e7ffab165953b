"""Look-alikes: like the likely buyers, only of those who agreed, hashes alone, likelier to buy than others, and gone when erased."""

import csv
import gzip
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.activation.audience import UnusableScores
from omnichannel.consent.gate import allows, consent_key
from omnichannel.contracts import privacy, zones
from omnichannel.contracts.segments import AUDIENCE_COLUMNS
from omnichannel.contracts.store import IdType
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.privacy import rewrite, search, unpack
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.subject import Subject
from omnichannel.privacy.unpack import Stored
from omnichannel.segments.advertising import addresses
from omnichannel.transform.lake import Lake
from pipelines import lookalikes as rules_of
from pipelines.steps import lookalikes
from tests.integration.segments.conftest import LAKE
from tests.unit.segmenting.conftest import AS_OF, people

SIZES = {"regulars": 200, "lapsed": 300, "lookers": 100}
NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _ids(sizes=SIZES) -> list[str]:
    return sorted(people(sizes).column("customer_id").to_pylist())


def _allowed(ids, *, email=True, phone=True) -> pa.Table:
    return pa.table(
        {
            "customer_id": pa.array(ids, pa.string()),
            "email_sha256": pa.array([_hash(f"{i}@x.example") if email else None for i in ids], pa.string()),
            "phone_sha256": pa.array([_hash(f"+49{i}") if phone else None for i in ids], pa.string()),
        }
    )


def _scores(ids) -> dict[str, float]:
    """Regulars are likely to buy; every fourth of them is in the high band."""
    draw = np.random.default_rng(4)
    means = {"regulars": 0.4, "lapsed": 0.05, "lookers": 0.15}
    return {i: 0.9 if "regulars" in i and n % 4 == 0 else float(means[i.split("_")[1]] * draw.uniform(0.8, 1.2)) for n, i in enumerate(ids)}


def _rows(cloud, manifest, name):
    body = gzip.decompress(cloud.body(zones.lookalikes_run(AS_OF, manifest["run"]) + name))
    return list(csv.DictReader(io.StringIO(body.decode())))


@pytest.fixture
def made(cloud, left, playbook):
    """Half of everybody agreed; the run over them."""
    ids = _ids()
    cloud.scored(_scores(ids))
    return lookalikes.make(cloud.s3, LAKE, left(people(SIZES)), _allowed(ids[::2]), playbook, AS_OF)


def test_the_expansion_is_like_the_seed_and_likelier_to_buy_than_others(cloud, made):
    regulars = {_hash(f"{i}@x.example") for i in _ids() if "regulars" in i}

    expansion = _rows(cloud, made, "audience.csv.gz")

    assert made["seed"] == 50
    assert made["expansion"] == len(expansion) == 50
    assert sum(row["Email"] in regulars for row in expansion) >= 45
    assert made["quality"]["lift"] > 2
    assert made["quality"]["chosen_from"] == 250
    assert made["quality"]["scored"] == 1.0
    assert made["empty"] is None


def test_nobody_is_in_it_who_did_not_agree(cloud, made):
    agreed = {_hash(f"{i}@x.example") for i in _ids()[::2]}

    everybody = {row["Email"] for name in ("seed.csv.gz", "audience.csv.gz") for row in _rows(cloud, made, name)}

    assert (made["customers"], made["consented"]) == (600, 300)
    assert len(everybody) == 100
    assert everybody <= agreed


def test_files_hold_hashes_alone(cloud, made):
    prefix = zones.lookalikes_run(AS_OF, made["run"])
    for name in ("seed.csv.gz", "audience.csv.gz"):
        rows = _rows(cloud, made, name)
        assert tuple(rows[0]) == AUDIENCE_COLUMNS
        assert all(len(value) == 64 and set(value) <= set("0123456789abcdef") for row in rows for value in row.values())
        assert rows == sorted(rows, key=lambda row: (row["Email"], row["Phone"]))
    table = pq.read_table(io.BytesIO(cloud.body(prefix + "part-000.parquet")))
    assert table.schema.names == ["email_sha256", "phone_sha256", "part", "distance", "as_of"]
    parts = {row["part"]: row["distance"] for row in table.to_pylist()}
    assert parts["seed"] is None
    assert parts["expansion"] > 0
    assert b"c_regulars" not in b"".join(cloud.body(key) for key in cloud.keys(prefix))


def test_seed_and_expansion_are_different_people(cloud, made):
    seed, expansion = ({row["Email"] for row in _rows(cloud, made, name)} for name in ("seed.csv.gz", "audience.csv.gz"))

    assert not seed & expansion


def test_the_same_again_is_the_same_run_with_the_same_bytes(cloud, left, playbook, made):
    before = {key: cloud.body(key) for key in cloud.keys("lookalikes/")}
    table = people(SIZES)
    shuffled = table.take(np.random.default_rng(2).permutation(table.num_rows))

    again = lookalikes.make(cloud.s3, LAKE, left(shuffled, files=3), _allowed(_ids()[::2]), playbook, AS_OF)

    assert again == made
    assert before == {key: cloud.body(key) for key in cloud.keys("lookalikes/")}


@pytest.mark.parametrize(
    ("allowed", "scores", "name", "said"),
    [
        (_allowed([]), {"c_regulars_00000": 0.9}, "no-consent", "of 600 customers nobody agreed"),
        (_allowed(["c_somebody_else"]), {"c_regulars_00000": 0.9}, "no-consent", "nobody agreed"),
        (_allowed(_ids(), email=False, phone=False), {"c_regulars_00000": 0.9}, "no-address", "of 600 customers who agreed none has"),
        (_allowed(_ids()), {"c_regulars_00000": 0.1}, "no-seed", "in the band high of repurchase"),
        (_allowed(_ids()[1:]), {_ids()[0]: 0.9}, "no-seed", "none of 599"),
    ],
)
def test_an_empty_audience_says_why(cloud, left, playbook, allowed, scores, name, said):
    cloud.scored(scores)

    made = lookalikes.make(cloud.s3, LAKE, left(people(SIZES)), allowed, playbook, AS_OF)

    assert made["empty"]["name"] == name
    assert said in made["empty"]["message"]
    assert (made["seed"], made["expansion"], made["quality"]) == (0, 0, {})
    assert _rows(cloud, made, "audience.csv.gz") == []


def test_customers_who_are_all_alike_are_nobody_s_look_alikes(cloud, left, playbook):
    table = people({"regulars": 60}, noise=0)
    cloud.scored({"c_regulars_00000": 0.9})

    made = lookalikes.make(cloud.s3, LAKE, left(table), _allowed(_ids({"regulars": 60})), playbook, AS_OF)

    assert made["empty"]["name"] == rules_of.NOTHING_VARIES


def test_ten_customers_have_look_alikes_too(cloud, left, playbook):
    few = {"regulars": 5, "lapsed": 5}
    cloud.scored({"c_regulars_00000": 0.9, "c_regulars_00001": 0.8})

    made = lookalikes.make(cloud.s3, LAKE, left(people(few)), _allowed(_ids(few)), playbook, AS_OF)

    assert (made["seed"], made["expansion"]) == (2, 2)
    assert made["quality"]["lift"] is None
    assert made["quality"]["scored"] == 0.0


def test_without_a_score_run_of_the_date_the_step_says_which_pipeline_to_run(cloud, left, playbook):
    cloud.scored({"c_regulars_00000": 0.9}, as_of=AS_OF - timedelta(days=1))

    with pytest.raises(lookalikes.NoScoreRunError, match=r"repurchase-score for that date first"):
        lookalikes.make(cloud.s3, LAKE, left(people(SIZES)), _allowed(_ids()), playbook, AS_OF)


def test_scores_that_are_not_what_their_manifest_says_are_refused(cloud, left, playbook):
    key = cloud.scored({"c_regulars_00000": 0.9})
    manifest = json.loads(cloud.body(key))
    cloud.s3.put_object(Bucket=LAKE, Key=key, Body=json.dumps({**manifest, "rows": 7}).encode())

    with pytest.raises(UnusableScores, match="7 rows announced, 1 found"):
        lookalikes.make(cloud.s3, LAKE, left(people(SIZES)), _allowed(_ids()), playbook, AS_OF)


@pytest.mark.parametrize("name", ["seed.csv.gz", "audience.csv.gz", "part-000.parquet"])
def test_an_erased_person_s_line_goes_and_the_others_stay(cloud, made, tmp_path, name):
    """By the hash of the address alone, as identity links have it."""
    part = "seed" if name.startswith("seed") else "audience"
    victim = _rows(cloud, made, f"{part}.csv.gz")[0]
    matcher = Matcher(
        Subject(customer_ids=("c_x",), values={Kind.EMAIL: frozenset({"x@x.example"}), Kind.EMAIL_SHA256: frozenset({victim["Email"]})})
    )
    source = tmp_path / "stored"
    source.write_bytes(cloud.body(zones.lookalikes_run(AS_OF, made["run"]) + name))
    stored = Stored(stream=lambda: source.open("rb"), local=lambda: source)
    assert search.found(stored, matcher)

    done = rewrite.without(stored, unpack.form_of(stored), matcher, tmp_path / "out")

    out = Stored(stream=lambda: (tmp_path / "out").open("rb"), local=lambda: tmp_path / "out")
    assert done.removed == 1
    assert done.kept == (100 if name.endswith("parquet") else 50) - 1
    assert not search.found(out, matcher)


def test_erasure_reaches_both_zones():
    assert {f"{zones.SEGMENTS}/", f"{zones.LOOKALIKES}/"} <= set(privacy.ERASED_ZONES)


def _found(tmp_path, consents, links) -> pa.Table:
    """Who may be advertised to on the first of November, asked a day later."""
    given, lakes = {"consents": consents, "identity_links": links}, []
    for day in (1, 2):
        lakes.append(Lake(None, "", tmp_path, as_of=datetime(2026, 11, day, tzinfo=UTC)))
        for name in TABLES:
            rows = [{"_content_id": "f", "_line": n, **row} for n, row in enumerate(given.get(name, []))]
            lakes[-1].put(name, pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[name])))
    return addresses(*lakes)


def _consent(ref, granted, at=NOON, channel="web", purpose="advertising", **more):
    known = {"consent_id": f"{ref}/{granted}/{at}/{channel}/{purpose}", "customer_ref": ref, "purpose": purpose, "channel": channel}
    return {**known, "granted": granted, "recorded_at": at, "source": "form", **more}


def _link(customer, kind, value, since=NOON, until=None):
    return {"customer_id": customer, "id_type": str(kind), "id_value": value, "valid_from": since, "valid_to": until}


LINKS = [
    link
    for n in range(1, 7)
    for link in (_link(f"c_{n}", IdType.CUSTOMER_REF, f"C{n}"), _link(f"c_{n}", IdType.EMAIL_SHA256, _hash(f"{n}@x.example")))
]


def test_whoever_agreed_and_did_not_refuse_since_is_advertised_to(tmp_path):
    later, after = NOON + timedelta(days=1), datetime(2026, 11, 1, 5, tzinfo=UTC)
    said = [
        _consent("C1", granted=True),
        _consent("C2", granted=True), _consent("C2", granted=False, at=later, channel="any"),
        _consent("C3", granted=True), _consent("C3", granted=False, at=after),
        _consent("C4", granted=True, at=after),
        _consent("C5", granted=True, purpose="marketing"), _consent("C5", granted=True, channel="email"),
        _consent("C6", granted=False), _consent("C6", granted=True, at=later, channel="any"),
    ]  # fmt: skip
    phones = [
        _link("c_1", IdType.PHONE_SHA256, _hash("old")),
        _link("c_1", IdType.PHONE_SHA256, _hash("new"), since=later),
        _link("c_6", IdType.PHONE_SHA256, _hash("gone"), until=later),
    ]

    found = _found(tmp_path, said, LINKS + phones).to_pylist()

    assert found == [
        {"customer_id": "c_1", "email_sha256": _hash("1@x.example"), "phone_sha256": _hash("new")},
        {"customer_id": "c_6", "email_sha256": _hash("6@x.example"), "phone_sha256": None},
    ]


ANSWER = st.tuples(st.booleans(), st.integers(0, 3), st.sampled_from(["web", "any", "email"]))


@given(st.lists(st.lists(ANSWER, max_size=4, unique_by=lambda said: said[1:]), min_size=1, max_size=3))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_audience_agrees_with_the_gate(tmp_path, answers):
    said = [
        _consent(f"C{n}", granted, NOON + timedelta(days=day), channel)
        for n, theirs in enumerate(answers, 1)
        for granted, day, channel in theirs
    ]

    found = set(_found(tmp_path, said, LINKS).column("customer_id").to_pylist())

    for n, theirs in enumerate(answers, 1):
        newest = {channel: (day, granted) for granted, day, channel in sorted(theirs, key=lambda each: each[1])}
        held = {
            consent_key("advertising", c): {"granted": granted, "at": (NOON + timedelta(days=day)).isoformat()}
            for c, (day, granted) in newest.items()
        }
        assert (f"c_{n}" in found) is allows(held, "advertising", "web")
