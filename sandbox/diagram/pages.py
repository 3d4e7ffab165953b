"""The pages that show a picture of the app, and where in them it stands."""

from pathlib import Path

from sandbox.diagram import overview, parts
from sandbox.diagram.app import App

ROOT = Path(__file__).resolve().parents[2]
PICTURES = {ROOT / "README.md": overview.mermaid, ROOT / "docs" / "architecture.md": parts.mermaid}
BEGIN, END = "<!-- picture -->", "<!-- /picture -->"


def drawn(app: App) -> dict[Path, str]:
    """Each page's text with the picture of an app as it is."""
    flow = parts.Flow.of(app)
    return {page: shown(page.read_text(), picture(flow)) for page, picture in PICTURES.items()}


def shown(page: str, picture: str) -> str:
    """A page with the picture between its markers; a page without markers is a ValueError."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n```mermaid\n{picture}```\n{END}{after}"
