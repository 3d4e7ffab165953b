"""Where things lie in the buckets. One home for every key layout.

Buckets: `landing` (what sources write), `lake` (staging, trusted tables, features, models, scores, audiences, ledger),
`quarantine` (what could not be trusted), `artifacts` (code for SageMaker steps).
"""

from datetime import date

STAGING = "staging"
STAGE_JOBS = "jobs/onboarding"
"""Where a processing job that stages a large file finds its order and leaves its answer; each in a folder of its own."""
TRUSTED = "trusted"
SCORES = "scores"
MANIFEST, EVALUATION, DRIFT, FEATURE_INDEX = "_manifest.json", "_evaluation.json", "_drift.json", "_features.json"
"""What lies beside the parts of a score run. Readers of a folder of Parquet files, Athena first, pass over a leading underscore."""
FEATURES = "features"
"""The features that a score run's customers were scored with, to score one of them on demand."""
SEGMENTS = "segments"
LOOKALIKES = "lookalikes"
PIPELINE_RUNS = "pipelines"
ACTIVATION = "activation"
LEDGER = "ledger"
QUALITY = "quality"
QUERY_RESULTS = "athena"
PERSONALIZE = "personalize"
PERSONALIZE_BATCH = "personalize/batch"
PERSONALIZE_USERS, PERSONALIZE_RECOMMENDED = f"{PERSONALIZE_BATCH}/users.jsonl", f"{PERSONALIZE_BATCH}/recommended/"
"""Whom a batch recommends to, a JSON line each, and the prefix of its answer, `users.jsonl.out` under it. Each run replaces both."""
VIEWS = "views"
CONSENT_LOG = "consent-log"
"""In the bucket of locked copies: the consent log's entries, a file for each rebuild that found new ones."""


REPLAYED = "-replay-"
"""In the name of a part that is sent once more, before the number of the replay."""


def staged(dataset: str, content_id: str) -> str:
    """The key of the Parquet file with a landed file's good rows."""
    return f"{STAGING}/{dataset}/{content_id}/part-000.parquet"


def stage_job_order(job: str) -> str:
    """The prefix of what a job shall stage: `order.json` under it."""
    return f"{STAGE_JOBS}/{job}/order/"


def stage_job_answer(job: str) -> str:
    """The prefix of what became of the file: `answer.json` under it, as stage A answers."""
    return f"{STAGE_JOBS}/{job}/answer/"


def transformed(job: str) -> str:
    """The prefix of what a job made of trusted tables: `<transformation>/*.parquet` under it."""
    return f"{PIPELINE_RUNS}/transform/{job}/"


def quarantined(dataset: str, content_id: str) -> str:
    """The key (quarantine bucket) of the JSON lines with a landed file's bad rows, one quarantine record each."""
    return f"{dataset}/{content_id}/records.jsonl"


def table_location(bucket: str, table: str) -> str:
    """The root of one trusted Iceberg table."""
    return f"s3://{bucket}/{TRUSTED}/{table}"


def score_runs(model: str, as_of: date) -> str:
    """The prefix of every score run of a model for one date."""
    return f"{SCORES}/model={model}/as_of={as_of.isoformat()}/"


def score_run(model: str, as_of: date, run: str) -> str:
    """The prefix of one score run; `part-*.parquet` under it, `MANIFEST` written last."""
    return f"{score_runs(model, as_of)}run={run}/"


def score_manifest(model: str, as_of: date, run: str) -> str:
    """The key whose arrival means that a score run is complete."""
    return score_run(model, as_of, run) + MANIFEST


def feature_run(model: str, as_of: date, run: str) -> str:
    """The prefix of what a score run's customers were scored with; `FEATURE_INDEX` and the model under it, and the buckets."""
    return f"{FEATURES}/model={model}/as_of={as_of.isoformat()}/run={run}/"


def feature_bucket(prefix: str, number: int) -> str:
    """The key of one bucket of customers below a `feature_run`: gzipped JSON lines, `customer_id` and `values`."""
    return f"{prefix}bucket-{number:04d}.jsonl.gz"


def feature_model(prefix: str) -> str:
    """The key of the model archive that scored them, below a `feature_run`."""
    return f"{prefix}model.tar.gz"


def segments_run(as_of: date, run: str) -> str:
    """The prefix of one run of customer segments; `part-*.parquet` under it, `MANIFEST` written last."""
    return f"{SEGMENTS}/as_of={as_of.isoformat()}/run={run}/"


def lookalikes_run(as_of: date, run: str) -> str:
    """The prefix of one run of look-alikes: `seed.csv.gz`, `audience.csv.gz`, `part-000.parquet`, `MANIFEST` written last."""
    return f"{LOOKALIKES}/as_of={as_of.isoformat()}/run={run}/"


def activation_run(run: str) -> str:
    """The prefix of one activation run: `audience/part-*.jsonl.gz`, `parts.json`, and what each sink wrote."""
    return f"{ACTIVATION}/run={run}/"


def audience_part(run: str, number: int) -> str:
    """The key of one part of a run's audience: gzipped JSON lines, one customer each."""
    return f"{activation_run(run)}audience/part-{number:03d}.jsonl.gz"


def decided_part(run: str, part: str) -> str:
    """The key of one part (`part-000`) of a run's audience once the next best action of everyone in it is decided."""
    return f"{activation_run(run)}decided/{part}.jsonl.gz"


def decided_parts(run: str) -> str:
    """The prefix of a run's decided parts."""
    return f"{activation_run(run)}decided/"


def replayed_parts(run: str, sink: str) -> str:
    """The prefix of what a run's replays send to a sink."""
    return f"{activation_run(run)}replay/{sink}/"


def replayed_part(run: str, number: int, sink: str, part: str) -> str:
    """The key of what a run's replay of that number sends to a sink of one part: those that had failed there.

    Its name is another one than the part's, and so its ledger and its files are.
    """
    return f"{replayed_parts(run, sink)}{part}{REPLAYED}{number}.jsonl.gz"


def part_name(key: str) -> str:
    """`part-000`, of an audience part's key or of its ledger's."""
    return key.rpartition("/")[2].split(".", 1)[0]


def audience_index(run: str) -> str:
    """The key of a run's `parts.json`: what the audience function answered, the number of customers included."""
    return activation_run(run) + "parts.json"


def segment_pace(run: str) -> str:
    """The key of the pace that an activation run keeps towards Segment once Segment has asked for less."""
    return f"{activation_run(run)}segment/pace.json"


def segment_files(run: str) -> str:
    """The prefix of a run's files for Segment: `identify_<part>.csv` and `track_<part>.csv` under it."""
    return f"{activation_run(run)}segment/"


def messaging_files(run: str, sink: str) -> str:
    """The prefix of the files that a messaging adapter made of a run, one a part."""
    return f"{activation_run(run)}messaging/{sink}/"


def import_notes(run: str, sink: str) -> str:
    """The prefix of the notes of who is in a run's import files, one a part; the service that imports does not read them."""
    return f"{activation_run(run)}messaging/{sink}-notes/"


def campaign_list(run: str, campaign: str) -> str:
    """The key of the list that a run made of a campaign's audience."""
    return f"{activation_run(run)}campaigns/{campaign}.csv.gz"


def campaign_manifest(run: str) -> str:
    """The key of what a run's campaign lists hold, written after every list."""
    return f"{activation_run(run)}campaigns/{MANIFEST}"


def import_job(run: str, sink: str) -> str:
    """The key that remembers a run's import job, so that starting it again finds it."""
    return f"{activation_run(run)}messaging/{sink}-job.json"


def personalize_told(data: str) -> str:
    """Which rows of a data set Personalize was told by calls, as digests."""
    return f"{PERSONALIZE}/told/{data}.gz"


def personalize_folder(data: str) -> str:
    """The prefix of the CSV files of one of Personalize's data sets (`interactions`, `items`, `users`)."""
    return f"{PERSONALIZE}/{data}/"


def personalize_file(data: str) -> str:
    """The key of the file with one of those data sets."""
    return f"{personalize_folder(data)}{data}.csv"


def view_export(name: str) -> str:
    """The prefix of a view's Parquet files, replaced by each rebuild."""
    return f"{VIEWS}/{name}/"


def ledger_run(flow: str, run: str) -> str:
    """The prefix of one run's ledger."""
    return f"{LEDGER}/flow={flow}/run={run}/"


def ledger_sink(flow: str, run: str, sink: str) -> str:
    """The prefix of one sink's part of a run's ledger."""
    return f"{ledger_run(flow, run)}sink={sink}/"


def ledger_part(flow: str, run: str, sink: str, part: str) -> str:
    """The key of one part of the ledger: gzipped JSON lines of ledger rows."""
    return f"{ledger_sink(flow, run, sink)}{part}.jsonl.gz"


def ledger_summary(flow: str, run: str) -> str:
    """The key of a flow's closed ledger: one row a sink, in the shape that `ledger.json` has."""
    return f"{LEDGER}/flow={flow}/run={run}/summary.json"


def quality_results(day: date, run: str) -> str:
    """The key of one data quality check's results: JSON lines, one a rule."""
    return f"{QUALITY}/date={day.isoformat()}/{run}.jsonl"
