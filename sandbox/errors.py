"""What a person reads when a step of the sandbox fails."""

from dataclasses import dataclass
from pathlib import Path


@dataclass
class SandboxError(Exception):
    """A step that failed: the reason in the service's own words, its log, and what to try."""

    step: str
    reason: str
    log: Path | None = None
    hint: str = ""

    def __str__(self) -> str:
        lines = [f"{self.step} failed: {self.reason}"]
        if self.log:
            lines.append(f"log: {self.log}")
        if self.hint:
            lines.append(f"try: {self.hint}")
        return "\n".join(lines)
