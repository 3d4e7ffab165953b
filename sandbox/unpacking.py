"""Functions' packages, unpacked once: MiniStack unpacks one anew, some 100 MB, for every process of a function that it starts.

A package's folder holds the same files as before, as hard links to one copy in the sandbox's temporary folder, so that packages share
what they have in common; and the bytecode that Python writes when it first imports a module is found again by every later process.
"""

import hashlib
import os
import tempfile
import threading
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

FOLDER = "packages"
"""Below the temporary folder: `files`, and `bytecode` with a folder for each set of modules that lay together in a package."""
BYTECODE = "__pycache__"
_IN_TURN = threading.Lock()
"""Four processes of one function that start together would otherwise all unpack what one of them can."""


class Package(zipfile.ZipFile):
    """A ZIP file of a function. A file is known by its path, its length and the CRC-32 that ZIP itself vouches for it with."""

    def extractall(self, path=None, members=None, pwd=None) -> None:  # type: ignore[no-untyped-def]
        """All files, as hard links; names that lead out of the folder are left to `zipfile`, which keeps them in. Raises OSError."""
        target, store = Path(path or "."), Path(tempfile.gettempdir()) / FOLDER
        (store / "files").mkdir(parents=True, exist_ok=True)
        modules = defaultdict[Path, list[zipfile.ZipInfo]](list)
        with _IN_TURN, tempfile.TemporaryDirectory(dir=store) as work:
            for member in self.infolist():
                name = PurePosixPath(member.filename)
                if member.is_dir() or name.is_absolute() or ".." in name.parts:
                    self.extract(member, target)
                    continue
                self._link(member, target / name, store / "files" / _digest((member,)), work)
                if name.suffix == ".py":
                    modules[(target / name).parent].append(member)
        for folder, sources in modules.items():
            _share_bytecode(folder, sources, store / "bytecode")

    def _link(self, member: zipfile.ZipInfo, file: Path, kept: Path, work: str) -> None:
        if not kept.exists():
            Path(self.extract(member, work)).replace(kept)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)  # of two files of one name the last stays, as with `zipfile`
        os.link(kept, file)


def _share_bytecode(folder: Path, sources: Sequence[zipfile.ZipInfo], bytecode: Path) -> None:
    """Python compares a module's length and time with what its bytecode says it was made of: links have those of the one copy."""
    shared = bytecode / _digest(sources)
    shared.mkdir(parents=True, exist_ok=True)
    if not (folder / BYTECODE).exists():
        (folder / BYTECODE).symlink_to(shared, target_is_directory=True)


def _digest(members: Sequence[zipfile.ZipInfo]) -> str:
    told = sorted((member.filename, member.file_size, member.CRC) for member in members)
    return hashlib.sha256(repr(told).encode()).hexdigest()
