"""The CDK app for AWS: settings from the context, then the stacks."""

import sys

from aws_cdk import App

from stacks.build import build
from stacks.settings import Settings, SettingsError


def main() -> None:
    """Synthesise; a choice that cannot work ends with one line that says what would."""
    app = App()
    try:
        settings = Settings.from_context(app.node)
    except SettingsError as wrong:
        sys.exit(f"settings: {wrong}")
    build(app, settings)
    app.synth()


if __name__ == "__main__":
    main()
