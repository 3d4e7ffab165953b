"""Studio: a SageMaker Studio domain in which the notebooks run, by a knob; nothing here exists until it is turned."""

from aws_cdk import ArnFormat
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from omnichannel.contracts import zones
from omnichannel.contracts.deployment import APP
from stacks.components import grants
from stacks.components.capability import Capability
from stacks.components.trust import trusted
from stacks.foundation import Foundation
from stacks.settings import Settings
from stacks.studio_knobs import Studio as Network

READ = (zones.TRUSTED, zones.SCORES, zones.SEGMENTS)
IDLE_MINUTES = 60
"""Until an idle notebook is shut down: the least that the service takes."""
INSTANCE = "ml.t3.medium"
SPACE_GB, MOST_GB = 20, 50
"""A space's volume: the checkout with all that it installs is about 4 GB."""
LISTS = tuple(f"sagemaker:List{parts}" for parts in ("Apps", "Domains", "Spaces", "UserProfiles"))
OWN = "the spaces and apps of this domain, which their users name"


class NotebookRole(Construct):
    """What a notebook may do: read trusted data, scores and segments. It writes nothing, starts no job, and calls no customer's API."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        service = trusted(self, "sagemaker.amazonaws.com")
        self.role = iam.Role(self, "Role", assumed_by=service, description="Notebooks in Studio read trusted data")
        if self.role.assume_role_policy:
            # CloudTrail then says whose notebook it was.
            said = iam.PolicyStatement(actions=["sts:SetSourceIdentity"], principals=[service])
            self.role.assume_role_policy.add_statements(said)
        grants.read_objects(self.role, base.buckets.lake, *(f"{zone}/" for zone in READ))
        grants.catalog(self.role, base.database, "*")
        # Notebooks find what is deployed in the outputs of the stacks, and Studio shows its users what there is.
        grants.anything(self.role, "cloudformation:DescribeStacks", *LISTS, reason="lists know no resources: AWS asks for *")
        self._let_encrypt_volumes(base)

    def _let_encrypt_volumes(self, base: Foundation) -> None:
        """The volumes of spaces have the data's key: what a notebook keeps is as personal as what it read."""
        key = base.data_key.key_arn
        grants.allow(self.role, ("kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"), key)
        grants.allow(self.role, ("kms:CreateGrant",), key, conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}})


class Studio(Capability):
    """The domain, a profile for each user, and the role of what they run."""

    def __init__(self, scope: Construct, settings: Settings, base: Foundation, network: Network) -> None:
        super().__init__(scope, settings, "studio", "Notebooks on trusted data in SageMaker Studio")
        self.role = NotebookRole(self, "Notebooks", base).role
        self.domain = self._domain(base, network)
        for user in network.users:
            sagemaker.CfnUserProfile(self, f"User{user}", domain_id=self.domain.attr_domain_id, user_profile_name=user)
        self._let_users_keep_private_spaces()
        self.tell(studio_domain=self.domain.attr_domain_id)

    def _domain(self, base: Foundation, network: Network) -> sagemaker.CfnDomain:
        of = sagemaker.CfnDomain
        outward = ec2.CfnSecurityGroup(
            self,
            "Outward",
            group_description="Notebooks in Studio reach AWS and the package index by HTTPS; nothing reaches them",
            vpc_id=network.vpc,
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="tcp", from_port=443, to_port=443, cidr_ip="0.0.0.0/0", description="HTTPS to AWS and the package index"
                )
            ],
        )
        idle = of.IdleSettingsProperty(
            lifecycle_management="ENABLED", idle_timeout_in_minutes=IDLE_MINUTES, max_idle_timeout_in_minutes=8 * IDLE_MINUTES
        )
        lab = of.JupyterLabAppSettingsProperty(
            app_lifecycle_management=of.AppLifecycleManagementProperty(idle_settings=idle),
            default_resource_spec=of.ResourceSpecProperty(instance_type=INSTANCE),
        )
        volumes = of.DefaultEbsStorageSettingsProperty(default_ebs_volume_size_in_gb=SPACE_GB, maximum_ebs_volume_size_in_gb=MOST_GB)
        return of(
            self,
            "Domain",
            domain_name=f"{APP}-{self.settings.environment}",
            auth_mode="IAM",
            vpc_id=network.vpc,
            subnet_ids=list(network.subnets),
            app_network_access_type="VpcOnly",
            kms_key_id=base.data_key.key_arn,
            # Spaces have volumes of their own; a file system for all of them would outlive the domain.
            home_efs_file_system_creation="Disabled",
            tag_propagation="ENABLED",
            default_user_settings=of.UserSettingsProperty(
                execution_role=self.role.role_arn,
                security_groups=[outward.attr_group_id],
                default_landing_uri="studio::",
                studio_web_portal="ENABLED",
                jupyter_lab_app_settings=lab,
                space_storage_settings=of.DefaultSpaceStorageSettingsProperty(default_ebs_storage_settings=volumes),
            ),
            domain_settings=of.DomainSettingsProperty(execution_role_identity_config="USER_PROFILE_NAME"),
        )

    def _let_users_keep_private_spaces(self) -> None:
        """Everybody makes and ends spaces and apps of their own, sees that others are there, and gets into none of theirs."""
        mine = self._arn("user-profile", "${sagemaker:UserProfileName}")
        own: dict[str, object] = {
            "ArnLike": {"sagemaker:OwnerUserProfileArn": mine},
            "StringEquals": {"sagemaker:SpaceSharingType": "Private"},
        }
        spaces, apps, profiles = (self._arn(kind, "*") for kind in ("space", "app", "user-profile"))
        actions = {
            spaces: ("sagemaker:CreateSpace", "sagemaker:DeleteSpace", "sagemaker:UpdateSpace"),
            apps: ("sagemaker:CreateApp", "sagemaker:DeleteApp"),
        }
        for resource, allowed in actions.items():
            grants.named(self.role, allowed, resource, conditions=own, reason=OWN)
        tagging: dict[str, object] = {"Null": {"sagemaker:TaggingAction": "false"}}
        grants.named(self.role, ("sagemaker:AddTags",), spaces, apps, conditions=tagging, reason=OWN)
        grants.named(self.role, ("sagemaker:DescribeSpace",), spaces, reason=OWN)
        grants.named(self.role, ("sagemaker:DescribeApp",), apps, reason=OWN)
        grants.named(self.role, ("sagemaker:DescribeUserProfile",), profiles, reason=OWN)
        grants.allow(self.role, ("sagemaker:CreatePresignedDomainUrl",), mine)
        grants.allow(self.role, ("sagemaker:DescribeDomain",), self.domain.attr_domain_arn)

    def _arn(self, kind: str, name: str) -> str:
        return self.format_arn(
            service="sagemaker",
            resource=kind,
            resource_name=f"{self.domain.attr_domain_id}/{name}",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
