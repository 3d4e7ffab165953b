"""Writes the OpenAPI document: `python -m omnichannel.api > docs/openapi.json`."""

import sys

from omnichannel.api.document import text

sys.stdout.write(text())
