"""The states of an erasure: find, stop, tell the sinks; then in rounds rows, objects, items and the proof; then the certificate.

Every step may be done again, and an execution that failed is started anew under the same request. A round that the proof does not pass (a
file was under way, a rebuild had begun before) is followed by another.
"""

from typing import Any

from stacks.components import asl
from stacks.components.function import Function

ROUNDS = 6
AT_ONCE = 4
TWO_DAYS = 2 * 24 * 3600
"""Personalize takes up to a day to delete a user."""
REQUEST = {"request": "{% $states.context.Execution.Input.request %}", "customer_id": "{% $states.context.Execution.Input.customer_id %}"}
ROUND = {**REQUEST, "round": "{% $round %}"}
CURSOR = {"cursor": "{% $states.result.Payload.cursor %}"}


def definition(*, subject: Function, state: Function, objects: Function, proof: Function, sinks: Function, commits: str) -> dict[str, Any]:
    """Input: `{"request", "customer_id"}`. Output: where the certificate lies, or `{"status": "held"}`."""
    clean = "$states.input.found = 0"
    return asl.machine(
        "Open",
        {
            "Open": asl.invoke(
                subject, payload={"action": "open", **REQUEST}, Assign={"round": 1, "cursor": {"more": False}}, Next="Held?"
            ),
            "Held?": asl.choice(("$states.input.status = 'held'", "Held"), otherwise="Identify"),
            "Held": {"Type": "Succeed"},
            "Identify": asl.invoke(subject, payload={"action": "identify", **REQUEST}, Next="Stop"),
            "Stop": asl.invoke(state, payload={"action": "stop", **REQUEST}, Next="TellSinks"),
            "TellSinks": _patient(asl.invoke(sinks, payload={"action": "tell", **REQUEST}, Next="AskTables")),
            "AskTables": asl.invoke(subject, payload={"action": "ask", **ROUND}, Next="SendAll"),
            "SendAll": asl.each(
                "{% $states.input.messages %}",
                "Send",
                {"Send": _send(commits)},
                at_once=AT_ONCE,
                selector={"message": "{% $states.context.Map.Item.Value %}"},
                Next="AwaitTables",
            ),
            "AwaitTables": asl.wait(then="Answers"),
            "Answers": asl.invoke(subject, payload={"action": "answers", **ROUND}, Next="Answered?"),
            "Answered?": asl.choice(("$states.input.left = 0", "ListObjects"), otherwise="AwaitTables"),
            **_sweep(objects, "ListObjects", "EraseObjects", "MoreObjects?", action="erase", then="ForgetState"),
            "ForgetState": asl.invoke(state, payload={"action": "forget", **ROUND}, Next="ListBytes"),
            **_sweep(proof, "ListBytes", "SearchBytes", "MoreBytes?", action="search", then="SearchItems"),
            "SearchItems": asl.invoke(proof, payload={"action": "items", **ROUND}, Next="Proven?"),
            "Proven?": asl.choice((clean, "LookAtSinks"), (f"$round >= {ROUNDS}", "NotProven"), otherwise="Settle"),
            "Settle": asl.wait(then="Again"),
            "Again": {"Type": "Pass", "Assign": {"round": "{% $round + 1 %}"}, "Next": "AskTables"},
            "LookAtSinks": _patient(asl.invoke(sinks, payload={"action": "look", **REQUEST}, Next="Settled?")),
            "Settled?": asl.choice(("$states.input.settled", "Certify"), otherwise="AwaitSinks"),
            "AwaitSinks": asl.wait(then="LookAtSinks"),
            "Certify": asl.invoke(state, payload={"action": "certify", **ROUND}),
            # Counts and places, as the last proof gave them: no key and no value.
            "NotProven": asl.fail(
                "NotProven", f"{{% 'After {ROUNDS} rounds something still names the person: ' & $string($states.input) %}}"
            ),
        },
        timeout_seconds=TWO_DAYS,
    )


def _sweep(function: Function, listing: str, each: str, more: str, *, action: str, then: str) -> dict[str, asl.State]:
    """List portions, work each off, list on from the cursor until there is none."""
    work = asl.invoke(function, payload={"action": action, **ROUND, "portion": "{% $states.input.portion %}"})
    work["Retry"] = asl.retry("OutOfTime", attempts=20) + work["Retry"]
    return {
        listing: asl.invoke(function, payload={"action": "list", **ROUND, "cursor": "{% $cursor %}"}, Assign=CURSOR, Next=each),
        each: asl.each(
            "{% $states.input.portions %}",
            f"{each}InPortion",
            {f"{each}InPortion": work},
            at_once=AT_ONCE,
            selector={"portion": "{% $states.context.Map.Item.Value %}"},
            Next=more,
        ),
        more: asl.choice(("$cursor.more", listing), otherwise=then),
    }


def _send(queue: str) -> asl.State:
    return asl.send(
        queue,
        "{% $string($states.input.message) %}",
        group="{% $states.input.message.dataset %}",
        deduplication="{% $states.input.message.id & '/' & $states.input.message.table %}",
    )


def _patient(state: asl.State) -> asl.State:
    """A sink that is busy is asked again for hours."""
    return {**state, "Retry": asl.retry("SinkBusy", attempts=100) + state["Retry"]}
