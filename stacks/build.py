"""The whole app: which stacks there are and what they learn of each other, in the order of their dependencies."""

from aws_cdk import App, Stack

from stacks.activation import Activation
from stacks.catalog import Catalog
from stacks.customers import Customers
from stacks.events import Events
from stacks.foundation import Foundation
from stacks.observability import Observability
from stacks.onboarding import Onboarding
from stacks.privacy import Privacy
from stacks.propensity import Propensity
from stacks.recommendations import Recommendations
from stacks.settings import Settings
from stacks.sources import Sources
from stacks.studio import Studio


def build(app: App, settings: Settings) -> dict[str, Stack]:
    """Add every stack to the app; returns them by capability, each after those that it depends on."""
    foundation = Foundation(app, settings)
    catalog = Catalog(app, settings, foundation)
    sources = (Sources(app, settings, foundation),) if settings.sources_on else ()
    onboarding = Onboarding(app, settings, foundation)
    customers = Customers(app, settings, foundation)
    propensity = Propensity(app, settings, foundation)
    studio = (Studio(app, settings, foundation, settings.studio_domain),) if settings.studio_domain else ()
    recommendations = Recommendations(app, settings, foundation)
    activation = Activation(app, settings, foundation, propensity.score_customer)
    write_key = activation.segment.secret if activation.segment else None
    events = Events(app, settings, foundation, propensity.score_customer, recommendations.tracking_id, write_key)
    profiles = activation.connect.domain if activation.connect else None
    privacy = Privacy(app, settings, foundation, onboarding.staged, activation.pinpoint, profiles, recommendations.dataset_group_arn)
    observability = Observability(app, settings, foundation)
    models = (propensity, *studio, recommendations)
    stacks = (foundation, catalog, *sources, onboarding, customers, *models, activation, events, privacy, observability)
    return {stack.capability: stack for stack in stacks}
