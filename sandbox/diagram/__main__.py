"""Draws the app from its synthesised templates, as Mermaid.

python -m sandbox.diagram ASSEMBLY     puts the pictures of a cloud assembly (the folder of `cdk synth`) into the pages that show them
"""

import sys
from pathlib import Path

from sandbox.diagram.app import App
from sandbox.diagram.pages import drawn


def main() -> None:
    """Rewrite the pages."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for page, text in drawn(App.read(Path(sys.argv[1]))).items():
        page.write_text(text)


if __name__ == "__main__":
    main()
