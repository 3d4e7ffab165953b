"""Write a run's campaign lists: `{"run", "as_of", "parts": [keys of decided parts]}` in, how many are in each list out."""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws import s3 as objects
from omnichannel.aws.clients import client
from omnichannel.aws.products import catalog
from omnichannel.campaigns import audiences, display, tokens
from omnichannel.contracts import zones
from omnichannel.contracts.environment.activation import CampaignAudiencesEnv
from omnichannel.experiments.holdout import Holdout
from omnichannel.playbook.actions import playbook
from omnichannel.playbook.campaigns import campaigns_playbook
from omnichannel.playbook.experiments import experiments_playbook

logger = Logger(service="campaign-audiences")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Writes every list (again, if run again), and last the manifest."""
    env, s3, dynamodb, run, as_of = CampaignAudiencesEnv.load(), client("s3"), client("dynamodb"), event["run"], event["as_of"]
    rules = audiences.Rules(
        campaigns=campaigns_playbook(), experiments=experiments_playbook(), tokens=tokens.load(), holdout=Holdout.of(env.holdout),
        purposes={name: channel.purpose for name, channel in playbook().channels.items()},
    )  # fmt: skip
    products = catalog(dynamodb, env.products_table)
    store = audiences.Store(s3=s3, bucket=env.lake_bucket, dynamodb=dynamodb, customers_table=env.customers_table, products=products)
    told = audiences.write(store, rules, run, as_of, event["parts"])
    told |= {each.name: display.write(store, rules, run, as_of, each) for each in rules.campaigns.values() if each.display}
    manifest = {"run": run, "as_of": as_of, "campaigns": told}
    objects.put(s3, env.lake_bucket, zones.campaign_manifest(run), json.dumps(manifest, indent=1).encode(), objects.JSON)
    listed = {name: each["listed"] for name, each in told.items()}
    logger.info("lists written", run=run, **listed)
    return {"done": True, **listed}
