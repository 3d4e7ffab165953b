"""Which cell plays which fault in which flow: the table of docs/faults.md.

An entry is a cell's fault as the flow names it, or `path::test` (below tests/) where another test proves the same; a sentence after a
dash says why nothing is to be played.
"""

FLOWS = {
    "onboarding": "files into the lake",
    "segment": "scores to Segment",
    "messaging": "scores and actions into the messaging channel",
    "events": "webhook to Personalize",
    "live traits": "live changes to Segment",
    "recommendations": "the recommendations API",
}
OWN_DATA = "- own data: nobody else writes it"
GET = "- a question changes nothing"
QUESTION = "- a question is not stored"

PLAN: dict[str, tuple[tuple[str, ...], ...]] = {
    "a call hangs": (
        ("timeout / hang",),
        ("timeout / hang",),
        ("answers that do not come",),
        ("Personalize hangs", "the bus hangs"),
        ("timeout / hang",),
        (
            "timeout / hang",
            "integration/recommendations/test_apis_in_time.py::test_a_table_that_never_answers_is_a_problem_with_an_id_after_two_tries",
        ),
    ),
    "429, with and without Retry-After": (
        ("throttled",),
        ("throttled", "throttled beyond the function's time"),
        ("throttled", "throttled beyond the function's time", "pinpoint: too many jobs at once"),
        ("5 % throttled", "60 % throttled"),
        ("throttled",),
        ("throttled", "infrastructure/test_promises.py::test_every_api_is_throttled_and_logs_no_address"),
    ),
    "5xx": (
        ("server errors",),
        ("server errors",),
        ("server errors", "pinpoint: the job's state cannot be asked for"),
        ("Personalize down for an hour", "the bus is away"),
        ("server errors",),
        ("server errors",),
    ),
    "connection reset, reply cut or lost after the commit": (
        ("connections reset", "reply cut off"),
        ("connections reset", "reply lost after the commit"),
        ("connections reset", "reply lost after the commit", "pinpoint: the job began and its answer was lost"),
        ("reply lost after the commit",),
        ("connections reset", "reply lost after the commit", "reply lost, and the customer has changed meanwhile"),
        ("connections reset, replies cut",),
    ),
    "a part of a batch fails": (
        ("bad rows among good ones", "one table of a batch cannot be committed"),
        ("bad events in a batch", "requests too large for the way"),
        (
            "some items of a batch fail",
            "an item is refused for good",
            "pinpoint: the job does not take everybody",
            "first load: some rows fail",
        ),
        ("60 % throttled", "poison"),
        ("bad events in a batch",),
        (GET,),
    ),
    "delivered twice": (
        ("delivered twice", "eight files at once"),
        ("duplicate trigger", "two triggers at once"),
        ("duplicate trigger", "first load: started twice"),
        ("duplicates",),
        ("duplicates",),
        (GET,),
    ),
    "out of order": (
        ("integration/onboarding/test_stage_b.py::test_changes_become_the_current_state_of_any_date",),
        ("runs out of order", "a newer run overtakes"),
        ("runs out of order",),
        ("disorder",),
        ("disorder",),
        (GET,),
    ),
    "too large": (
        ("too large for the function",),
        ("events that cannot be sent", "requests too large for the way"),
        ("ids that no profile can have",),
        ("oversize",),
        ("- what is told is ours, and short",),
        ("oversize",),
    ),
    "malformed": (
        ("malformed records", "more bad rows than tolerated"),
        (OWN_DATA,),
        (OWN_DATA,),
        ("poison",),
        ("poison",),
        ("malformed parameters",),
    ),
    "encodings and scripts": (
        ("wrong encoding",),
        ("text of every script",),
        ("text of every script",),
        ("text of every script", "poison"),
        ("unit/activation/test_segment_batches.py::test_text_of_any_script_stays_utf_8",),
        ("integration/recommendations/test_openapi_fuzz.py::test_a_body_is_measured_in_its_own_bytes_however_it_comes",),
    ),
    "columns or fields missing, doubled, of another type": (
        ("columns missing, doubled, more",),
        (OWN_DATA,),
        (OWN_DATA,),
        ("poison",),
        ("poison",),
        ("malformed parameters",),
    ),
    "nothing in it, odd names, unknown people": (
        ("empty, header only, odd keys", "landed again, under the same and another key"),
        ("nobody in the audience",),
        ("nobody in the part",),
        ("poison", "customers who did not consent"),
        ("who must not be told of",),
        ("unknown user", "unknown items"),
    ),
    "half of it": (
        ("half-written and truncated files",),
        (OWN_DATA,),
        ("file: S3 refuses the file", "pinpoint: S3 refuses the import file"),
        ("poison",),
        ("poison",),
        (QUESTION,),
    ),
    "clocks": (
        ("clocks: skewed, in the wrong unit, absurd",),
        ("clocks: a day off",),
        ("clocks: a day off",),
        ("clocks: skewed, in another unit, absurd",),
        ("- it compares no times",),
        (GET,),
    ),
    "replayed": (
        ("landed again, under the same and another key",),
        ("duplicate trigger",),
        ("duplicate trigger",),
        ("replay",),
        ("duplicates",),
        (GET,),
    ),
    "wrong, expired or rotated secret, no permission": (
        ("access or key denied, then granted",),
        ("secret expired, then renewed", "key rotated in the middle of a run", "no access to the key, then access"),
        ("access denied",),
        ("wrong secret", "rotated secret"),
        ("refused key, then renewed",),
        ("access denied", "infrastructure/test_promises.py::test_every_api_but_the_signed_webhook_asks_who_is_calling"),
    ),
    "killed at each step": (
        ("killed at every step",),
        ("killed at every step",),
        (
            "killed at every step",
            "file: killed at every step",
            "pinpoint: killed at every step",
            "first load: killed before its job, its file, its start",
            "first load: killed after its start",
            "first load: killed after its start, and never asked about again",
        ),
        ("killed at every step", "killed before the ledger"),
        ("killed before the ledger", "killed before it remembers"),
        (GET,),
    ),
    "tables, buckets, keys, queues denied": (
        ("access or key denied, then granted",),
        ("tables or lake denied, then granted",),
        ("tables or lake denied, then granted", "file: S3 refuses the ledger", "file: state refused half-way"),
        ("access or key denied, then granted", "the bus is away"),
        ("tables or lake denied, then granted",),
        ("tables that cannot be read",),
    ),
    "redriven after the fault": (
        ("access or key denied, then granted", "connections reset"),
        ("sink away, then back",),
        ("access denied", "pinpoint: the import job fails"),
        ("dead letters, then redriven",),
        ("away for hours",),
        (GET,),
    ),
    "consent withdrawn on the way": (
        ("- consent is asked where something leaves",),
        ("consent withdrawn on the way",),
        (
            "consent withdrawn before the send",
            "file: consent withdrawn between two tries",
            "first load: consent withdrawn while the file is made",
        ),
        ("customers who did not consent",),
        ("consent withdrawn on the way",),
        (GET,),
    ),
}
ALSO = {
    "live traits": ("changes without end",),
    "messaging": (
        "first load by a file",
        "first load: path no longer valid",
        "first load: every row fails",
        "first load: refused, throttled, answers lost",
    ),
    "recommendations": ("no Personalize at all",),
}
"""Cells that play what only their flow has."""
