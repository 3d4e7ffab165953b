"""What commands print: how a deployment moves, how things stand, and failures without a traceback."""

import os
import sys
import traceback
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox.cdk import Progress
from sandbox.errors import SandboxError
from sandbox.flow.progress import Tell
from sandbox.status import Machine, Status

STATUSES = ("SUCCEEDED", "RUNNING", "FAILED", "TIMED_OUT", "ABORTED")
COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
STACK = "AWS::CloudFormation::Stack"


PIPED_COLUMNS = 160
"""How wide tables may be where there is no terminal: nobody looks at a file through 80 columns, and what is cut off cannot be searched."""


def of_output() -> Console:
    """What commands print on: as wide as the terminal, or as `COLUMNS` says, or else `PIPED_COLUMNS`."""
    return Console(width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPED_COLUMNS)


def deployment(tell: Tell, *, every_resource: bool) -> Callable[[Progress], None]:
    """A listener that tells how many resources are done over all stacks; with `every_resource` also which one moved."""
    done: dict[str, tuple[int, int]] = {}
    finished: set[str] = set()

    def listen(progress: Progress) -> None:
        # An update counts only what changes, and then tells of everything that it looked at.
        done[progress.stack] = (progress.done, max(progress.done, progress.total))
        stack_done = progress.type == STACK and progress.status in COMPLETE
        if stack_done:
            finished.add(progress.stack)
        if stack_done or every_resource:
            ready, total = (sum(numbers) for numbers in zip(*done.values(), strict=True))
            what = progress.stack if stack_done else f"{progress.stack} {progress.resource.partition(' ')[0]}"
            tell(f"{ready}/{total} resources, {len(finished)} stacks ready, now {what}")

    return listen


def show_status(console: Console, found: Status) -> None:
    """Tables of state machines, queues and functions, and the last failures in their own words."""
    console.print(_machines(found))
    for machine in found.machines:
        for failure in machine.failures:
            console.print(
                f"[red]{machine.label}[/red] {failure.execution}: {escape(failure.error)} {escape(failure.cause)}", highlight=False
            )
    console.print(_queues(found))
    console.print(_functions(found))
    if found.dead_letters:
        console.print(f"[red]{found.dead_letters} dead letters[/red]: a step gave them up; omni logs FUNCTION says why", highlight=False)


def _machines(found: Status) -> Table:
    table = Table("state machine", *(status.lower() for status in STATUSES), title="Executions", title_justify="left")
    for machine in found.machines:
        table.add_row(machine.label, *(_count(machine, status) for status in STATUSES))
    return table


def _count(machine: Machine, status: str) -> str:
    number = machine.executions.get(status, 0)
    bad = number and status not in ("SUCCEEDED", "RUNNING")
    return f"[red]{number}[/red]" if bad else str(number or "·")


def _queues(found: Status) -> Table:
    table = Table("queue", "waiting", "in flight", "dead letters", title="Queues", title_justify="left")
    for queue in found.queues:
        total = queue.waiting + queue.in_flight
        dead = (f"[red]{total}[/red]" if total else "0") if queue.dead_letters else ""
        table.add_row(queue.label, *(("", "") if queue.dead_letters else (str(queue.waiting), str(queue.in_flight))), dead)
    return table


def _functions(found: Status) -> Table:
    table = Table("function", "stack", title="Functions", title_justify="left")
    for function in found.functions:
        table.add_row(function.label, function.stack)
    return table


def show_failure(console: Console, error: Exception, *, debug: bool) -> None:
    """The step, the reason in the service's own words, the log and what to try; the traceback only when asked for."""
    if debug:
        console.print("".join(traceback.format_exception(error)), highlight=False, markup=False)
    failure = error if isinstance(error, SandboxError) else _told(error)
    console.print(f"[bold red]{escape(failure.step)} failed[/bold red]: {escape(failure.reason)}", highlight=False, soft_wrap=True)
    if failure.log:
        console.print(f"[dim]log[/dim]  {escape(str(failure.log))}", highlight=False, soft_wrap=True)
    if failure.hint:
        console.print(f"[dim]try[/dim]  {escape(failure.hint)}", highlight=False, soft_wrap=True)


def _told(error: Exception) -> SandboxError:
    """An error that no step put into words."""
    again = "the same with omni --debug first"
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        what = f"{os.fsdecode(error.filename)}: {error.strerror.lower()}"
        return SandboxError("using a file or folder", what, hint=f"another path, or other rights or room there; {again} says where")
    return SandboxError(_step(error), _reason(error), hint=again)


def _step(error: Exception) -> str:
    if isinstance(error, ClientError):
        return f"calling {error.operation_name}"
    return "calling AWS" if isinstance(error, BotoCoreError) else "the command"


def _reason(error: Exception) -> str:
    known = isinstance(error, ClientError | BotoCoreError)
    return str(error) if known else f"{type(error).__name__}: {error}"
