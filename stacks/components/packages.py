"""Function packages without Docker: the wheels of one dependency group for the function's platform, and our source beside them.

The wheels of a kind are installed once per lock and platform into `.build/functions/`; a change of our source only adds our
source to them anew. Everything is deterministic: same lock and same source, same files, and for AWS the same bytes.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from isal import isal_zlib

from stacks.platforms import Platform

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build" / "functions"
SOURCES = ("omnichannel", "lambdas", "playbook")
SIZE_LIMIT = 250_000_000
"""Bytes an unzipped package may have; Lambda takes less than 262,144,000."""

KEPT = 4
"""Packages kept per kind and platform: a synthesis that still reads an earlier state is not disturbed."""

KEPT_LOCKS = 2
"""Locks whose wheels are kept: this one and the one before, for whoever goes back and forth between two."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_HASH = 12
_PART = ".part"
_HEX = "[0-9a-f]" * _HASH
_LEVEL = 6
_FAST_LEVEL = 2
"""ISA-L's level before the slowest: a fifteenth of zlib's time at level 6 and files an eighth larger, measured on these packages."""

# What of a wheel no function imports. pyarrow: the servers and file systems that pyiceberg's S3 path does not touch, headers, tests.
_UNUSED = (
    "**/__pycache__",
    "**/*.pyc",
    "**/tests",
    "bin",
    "pyarrow/include",
    "pyarrow/includes",
    "pyarrow/src",
    "pyarrow/**/*.pyx",
    "pyarrow/**/*.pxi",
    "pyarrow/**/*.pxd",
    "pyarrow/**/*.h",
    "pyarrow/*flight*",
    "pyarrow/*gandiva*",
    "pyarrow/*cpp_tests*",
    "pyarrow/*cuda*",
    "pyarrow/_substrait*",
    # The same library twice more: a wheel cannot hold links.
    "pyarrow/libarrow_python.so",
    "pyarrow/libarrow_python.so.*.*.*",
    # Stubs, a catalog that is not Glue's, what colours source code in a terminal, a page of documentation.
    "**/*.pyi",
    "hive_metastore",
    "pygments/lexers",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.min.*",
    # For interpreters other than CPython.
    "zstandard/_cffi*",
    "*.dist-info/RECORD",
    "*.dist-info/REQUESTED",
    "*.dist-info/INSTALLER",
    "*.dist-info/direct_url.json",
    "*.dist-info/sboms",
)


class PackageError(RuntimeError):
    """A package that cannot be built; the message holds the installer's own words."""


class Kind(StrEnum):
    """The kinds of function packages, by their dependency group in `pyproject.toml`."""

    LIGHT = "light"
    STAGE = "stage"
    COMMIT = "commit"
    VIEW = "view"
    SCORE = "score"
    DECIDE = "decide"
    RECOMMEND = "recommend"

    @property
    def group(self) -> str:
        """The dependency group with this kind's wheels."""
        return f"function-{self.value}"


@cache
def build(kind: Kind, platform: Platform) -> Path:
    """The directory with everything a function of this kind imports, apart from what Lambda's runtime provides (boto3)."""
    wheels = _wheels(kind, platform)
    target = BUILD / f"{wheels.name}-{_source_hash()}"
    if not target.exists():
        part = _fresh(target)
        shutil.copytree(wheels, part, copy_function=os.link)
        for path in _source_files():
            copy = part / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        _publish(part, target)
        _forget_old(wheels.name)
    return target


@cache
def archive(kind: Kind, platform: Platform) -> Path:
    """The same as one zip file, the way Lambda takes it; only our own source is compressed anew when only it changed.

    For this machine it is compressed fast, for AWS small and to the same bytes on every machine.
    """
    wheels = _wheels(kind, platform)
    target = BUILD / f"{wheels.name}-{_source_hash()}.zip"
    if not target.exists():
        fast = platform.tag == "host"
        base = wheels.with_name(wheels.name + ".wheels.zip")
        if not base.exists():
            _zip(base, wheels, _files(wheels), fast=fast)
        part = _fresh(target)
        shutil.copyfile(base, part)
        with zipfile.ZipFile(part, "a", zipfile.ZIP_DEFLATED) as bundle:
            _add(bundle, ROOT, _source_files(), fast=fast)
        _publish(part, target)
        _forget_old(wheels.name)
    return target


def size(directory: Path) -> int:
    """Bytes of all files under a directory."""
    return sum(path.stat().st_size for path in _files(directory))


def _wheels(kind: Kind, platform: Platform) -> Path:
    """The directory with the installed and pruned wheels of a kind, made once per lock and platform."""
    requirements = _requirements(kind)
    key = hashlib.sha256("\n".join((requirements, platform.tag, platform.python, *_UNUSED)).encode()).hexdigest()[:_HASH]
    target = BUILD / f"{kind}-{platform.tag}-{platform.python}-{key}"
    if not target.exists():
        part = _fresh(target)
        listed = part.with_name(f"{part.name}.txt")
        listed.write_text(requirements)
        _install(listed, part, platform)
        listed.unlink()
        _prune(part)
        _publish(part, target)
    return target


def _requirements(kind: Kind) -> str:
    """The locked requirements of a kind's group, with hashes."""
    exported = uv("export", "--only-group", kind.group, "--no-emit-project", "--frozen", "--no-header", "--no-annotate", "--quiet")
    return "\n".join(sorted(exported.replace("\\\n", " ").splitlines()))


def _install(requirements: Path, target: Path, platform: Platform) -> None:
    """Install wheels only, never built here: a source build would be for this machine."""
    where = (
        ["--python", sys.executable] if platform.tag == "host" else ["--python-platform", platform.tag, "--python-version", platform.python]
    )
    uv(
        *("pip", "install", "--quiet", "--no-config", "--no-deps", "--only-binary", ":all:", "--no-compile", "--link-mode", "copy"),
        *(*where, "--target", str(target), "--requirement", str(requirements)),
    )


def uv(*arguments: str) -> str:
    """What uv printed; its words are the error when it fails."""
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uv is None:
        raise PackageError("uv is not installed: `make setup` puts it into the checkout")
    done = subprocess.run([uv, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"uv {' '.join(arguments[:2])} failed with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout


def _prune(directory: Path) -> None:
    for pattern in _UNUSED:
        for path in sorted(directory.glob(pattern), reverse=True):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    (directory / ".lock").unlink(missing_ok=True)


def _source_files() -> Iterator[Path]:
    """Our own files, in a fixed order."""
    for package in SOURCES:
        yield from (path for path in _files(ROOT / package) if "__pycache__" not in path.parts)


@cache
def _source_hash() -> str:
    digest = hashlib.sha256()
    for path in _source_files():
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:_HASH]


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _zip(target: Path, root: Path, paths: Iterable[Path], *, fast: bool) -> None:
    part = _fresh(target)
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as bundle:
        _add(bundle, root, paths, fast=fast)
    _publish(part, target)


def _add(bundle: zipfile.ZipFile, root: Path, paths: Iterable[Path], *, fast: bool) -> None:
    """Add files with the same date and mode whoever adds them."""
    for path in paths:
        entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), _EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        with bundle.open(entry, "w") as member:
            _compress_with(member, _deflate(fast=fast))
            member.write(path.read_bytes())


def _deflate(*, fast: bool) -> Any:
    """A compressor of bare deflate streams, as zip files hold them. ISA-L's bytes differ from processor to processor."""
    return isal_zlib.compressobj(_FAST_LEVEL, zlib.DEFLATED, -15) if fast else zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)


def _compress_with(member: Any, compressor: Any) -> None:
    """Have a file that is being written to a zip compressed by this; the standard library offers no way to choose."""
    member._compressor = compressor


def _fresh(target: Path) -> Path:
    """A place of this process's own to write to before `_publish`; what a killed one left of the same is removed."""
    for left in target.parent.glob(f"{target.name}{_PART}*"):
        if not _runs(int(re.findall(r"\d+", left.name.rpartition(_PART)[2])[0])):
            _remove(left)
    part = target.with_name(f"{target.name}{_PART}{os.getpid()}")
    _remove(part)
    target.parent.mkdir(parents=True, exist_ok=True)
    return part


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def _publish(part: Path, target: Path) -> None:
    """Move what is complete to its name; another process may have been faster, with the same bytes."""
    try:
        part.rename(target)
    except OSError:
        if not target.exists():
            raise
        shutil.rmtree(part) if part.is_dir() else part.unlink()


def _forget_old(wheels: str) -> None:
    """Keep the packages of the latest few states of our source and of two locks, so that a day's work does not fill the disk."""
    state = f"{wheels}-{_HEX}"
    for made in (BUILD.glob(state), BUILD.glob(f"{state}.zip")):
        for path in sorted(made, key=_modified)[:-KEPT]:
            _remove(path)
    others = (path for path in BUILD.glob(f"{wheels[:-_HASH]}{_HEX}") if path.name != wheels)
    for old in sorted(others, key=_modified)[: 1 - KEPT_LOCKS]:
        for path in BUILD.glob(f"{old.name}*"):
            _remove(path)


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # another process has just forgotten it
        return 0


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
