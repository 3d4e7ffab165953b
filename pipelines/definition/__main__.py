"""Writes every definition as pretty JSON."""

import argparse
from pathlib import Path

from omnichannel.contracts.pipelines import Definition
from pipelines.definition.build import DEFINITIONS, build


def main() -> None:
    """Writes every definition into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=DEFINITIONS)
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for definition in Definition:
        (folder / f"{definition}.json").write_text(build(definition))


if __name__ == "__main__":
    main()
