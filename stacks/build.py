"""The whole app: which stacks there are and what they learn of each other, in the order of their dependencies."""

from aws_cdk import App, Stack

from stacks.foundation import Foundation
from stacks.onboarding import Onboarding
from stacks.settings import Settings


def build(app: App, settings: Settings) -> dict[str, Stack]:
    """Add every stack to the app; returns them by capability."""
    foundation = Foundation(app, settings)
    onboarding = Onboarding(app, settings, foundation)
    return {"foundation": foundation, "onboarding": onboarding}
