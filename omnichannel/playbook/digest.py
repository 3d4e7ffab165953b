"""What the playbook said when something was decided, in sixteen characters."""

from hashlib import sha256
from pathlib import Path

from omnichannel.playbook.document import FOLDER

SUFFIXES = (".yaml", ".j2", ".hbs")
CHARS = 16


def digest(folder: Path = FOLDER) -> str:
    """The SHA-256 over every file of the playbook by name and content, its first 16 hex digits."""
    together = sha256()
    for path in sorted(each for each in folder.rglob("*") if each.suffix in SUFFIXES):
        content = path.read_bytes()
        together.update(f"{path.relative_to(folder).as_posix()}\n{len(content)}\n".encode() + content)
    return together.hexdigest()[:CHARS]
