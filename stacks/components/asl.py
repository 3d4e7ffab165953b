"""Amazon States Language in JSONata, as plain dictionaries: the few states our machines are made of."""

from collections.abc import Mapping, Sequence
from typing import Any

from stacks.components.function import Function

State = dict[str, Any]
States = Mapping[str, State]

GRACE_SECONDS = 30
LONGEST_WAIT_SECONDS = 60
INPUT = "{% $states.input %}"

# What Lambda itself says when it could not run a function, and a function that ran out of time. Our own errors are not here:
# a task that says no is not asked again.
TRANSIENT = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Sandbox.Timedout",
    "States.Timeout",
    "Transient",
)


def machine(start: str, states: States, *, timeout_seconds: int) -> dict[str, Any]:
    """A whole definition."""
    return {"QueryLanguage": "JSONata", "StartAt": start, "TimeoutSeconds": timeout_seconds, "States": dict(states)}


def retry(*errors: str, attempts: int = 6) -> list[dict[str, Any]]:
    """Ask again after jittered, growing waits of at most a minute."""
    return [
        {
            "ErrorEquals": list(errors or TRANSIENT),
            "IntervalSeconds": 2,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "MaxAttempts": attempts,
            "JitterStrategy": "FULL",
        }
    ]


def wait_for_concurrency() -> list[dict[str, Any]]:
    """Keep asking while every concurrent execution that the account has is taken (new accounts have 10): a queue, not a failure."""
    return [
        {
            "ErrorEquals": ["Lambda.TooManyRequestsException"],
            "IntervalSeconds": 1,
            "BackoffRate": 1.5,
            "MaxDelaySeconds": 15,
            "MaxAttempts": 1000,
            "JitterStrategy": "FULL",
        }
    ]


def catch(to: str, *, output: object) -> list[dict[str, Any]]:
    """On any error go to `to`, which gets `output`."""
    return [{"ErrorEquals": ["States.ALL"], "Next": to, "Output": output}]


def invoke(function: Function, *, payload: object = INPUT, output: object = "{% $states.result.Payload %}", **more: object) -> State:
    """Call a function, wait a little longer than it may run, and keep what it returns.

    `more` has `Next`, `Catch`, `Assign`, …; without `Next` the machine ends here.
    """
    return _then(
        {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": function.function.function_arn, "Payload": payload},
            "Output": output,
            "TimeoutSeconds": int(function.timeout.to_seconds()) + GRACE_SECONDS,
            "Retry": [*wait_for_concurrency(), *retry()],
        },
        more,
    )


def send(queue_url: str, body: object, *, group: object = None, deduplication: object = None, **more: object) -> State:
    """Put a message on a queue and pass the input on; `group` and `deduplication` for a FIFO queue."""
    fifo = {"MessageGroupId": group, "MessageDeduplicationId": deduplication} if group else {}
    return _then(
        {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Arguments": {"QueueUrl": queue_url, "MessageBody": body, **fifo},
            "Output": INPUT,
            "Retry": retry("States.TaskFailed"),
        },
        more,
    )


def get_item(request: Mapping[str, object], *, output: object, **more: object) -> State:
    """Read an item of a DynamoDB table."""
    return _then(
        {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Arguments": dict(request),
            "Output": output,
            "Retry": retry("States.TaskFailed"),
        },
        more,
    )


def choice(*rules: tuple[str, str], otherwise: str) -> State:
    """Go where the first true condition (a JSONata expression) points."""
    return {
        "Type": "Choice",
        "Choices": [{"Condition": f"{{% {condition} %}}", "Next": state} for condition, state in rules],
        "Default": otherwise,
    }


def wait(*, then: str) -> State:
    """Come back later: after 2 s at first, then after a quarter of the time that the execution has taken, at most a minute."""
    return {"Type": "Wait", "Seconds": _later(LONGEST_WAIT_SECONDS), "Next": then}


def waiting_at_most(seconds: int, state: Mapping[str, Any]) -> State:
    """A machine or state like this one, in which nothing that `wait` made, however deep, waits longer than that."""
    if state.get("Seconds") == _later(LONGEST_WAIT_SECONDS):
        return {**state, "Seconds": _later(seconds)}
    inner: State = dict(state)
    if "States" in state:
        inner["States"] = {name: waiting_at_most(seconds, each) for name, each in state["States"].items()}
    if "Branches" in state:
        inner["Branches"] = [waiting_at_most(seconds, each) for each in state["Branches"]]
    if "ItemProcessor" in state:
        inner["ItemProcessor"] = waiting_at_most(seconds, state["ItemProcessor"])
    return inner


def fail(error: str, cause: str) -> State:
    """End as failed, with words for the person who looks."""
    return {"Type": "Fail", "Error": error, "Cause": cause}


def parallel(*branches: tuple[str, States], **more: object) -> State:
    """Run branches side by side; one that fails, fails all."""
    return _then({"Type": "Parallel", "Branches": [{"StartAt": start, "States": dict(states)} for start, states in branches]}, more)


def each(items: str, start: str, states: States, *, at_once: int, selector: Mapping[str, object], **more: object) -> State:
    """Run states once per item."""
    return _then(
        {
            "Type": "Map",
            "Items": items,
            "ItemSelector": dict(selector),
            "MaxConcurrency": at_once,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": start, "States": dict(states)},
        },
        more,
    )


def each_apart(start: str, states: States, *, at_once: int, label: str, **more: object) -> State:
    """Run states once per item of the input, which is a list, each in an execution of its own: with a history of its own and,
    unlike `each`, for as many items as there are. `label` is part of those executions' names.

    Without `Items` and `ItemSelector`: the sandbox's Step Functions evaluates no JSONata in them, where executions are apart.
    """
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": start, "States": dict(states)}
    return _then({"Type": "Map", "Label": label, "MaxConcurrency": at_once, "ItemProcessor": processor}, more)


def is_apart(state: Mapping[str, Any]) -> bool:
    """Whether some state, however deep, runs executions of its own."""
    if state.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
        return True
    inner = (*state.get("States", {}).values(), *state.get("Branches", ()), state.get("ItemProcessor", {}))
    return any(is_apart(each) for each in inner if each)


def succeed(output: object) -> State:
    """End well, with this and no more."""
    return {"Type": "Succeed", "Output": output}


def make(output: object, **more: object) -> State:
    """Go on with another value."""
    return _then({"Type": "Pass", "Output": output}, more)


def _then(state: State, more: Mapping[str, object]) -> State:
    ends: Sequence[str] = () if "Next" in more else ("End",)
    return {**state, **more, **dict.fromkeys(ends, True)}


def _later(longest: int) -> str:
    elapsed = "($millis() - $toMillis($states.context.Execution.StartTime)) / 4000"
    return f"{{% $min([{longest}, 2 + $floor({elapsed})]) %}}"
