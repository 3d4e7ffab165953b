"""Secrets: named and encrypted by the stack; what is in them is never in a template."""

from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.components.acknowledge import acknowledge
from stacks.components.capability import Capability


class Secret(Construct):
    """A secret: `arn`, and the `key` that its readers need. Without `generate`, somebody puts the value in later."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        key: kms.IKey,
        description: str,
        not_rotated_because: str,
        generate: secretsmanager.CfnSecret.GenerateSecretStringProperty | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.key = key
        secret = secretsmanager.CfnSecret(self, "Secret", description=description, kms_key_id=key.key_arn, generate_secret_string=generate)
        secret.apply_removal_policy(Capability.holding(self).removal)
        self.arn = secret.attr_id
        acknowledge(secret, "AwsSolutions-SMG4", not_rotated_because)
