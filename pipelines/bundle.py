"""The code that travels to SageMaker's jobs: one sourcedir.tar.gz with the packages `omnichannel` and `pipelines`, and the playbook.

At the root stands `train_entry.py`, which XGBoost's script mode starts. Standard library only: the stack calls it.
"""

from pathlib import Path

from pipelines.archive import write_archive

PACKAGES = ("omnichannel", "pipelines", "playbook")
SUFFIXES = (".py", ".sql", ".yaml")
MANIFEST = "manifest.json"
"""What stands beside compiled SQL."""
NOT_FOR_JOBS = ("pipelines/definition/", "pipelines/requests/")


def bundle_files(root: Path | None = None) -> dict[str, bytes]:
    """The bundle's files by their name in the archive; `root` is the folder that holds the packages."""
    root = root or Path(__file__).parent.parent
    sources = [p for package in PACKAGES for p in sorted((root / package).rglob("*")) if p.suffix in SUFFIXES or p.name == MANIFEST]
    files = {str(p.relative_to(root)): p.read_bytes() for p in sources}
    kept = {name: content for name, content in files.items() if not name.startswith(NOT_FOR_JOBS)}
    return {**kept, "train_entry.py": files["pipelines/entry/train_entry.py"]}


def write_bundle(path: Path) -> Path:
    """Writes sourcedir.tar.gz to `path`; the same sources give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_archive(path, bundle_files())
    return path
