"""The app drawn from its synthesised templates, as Mermaid: the whole for the README, the parts for the page about the architecture."""
