"""Lake Formation: what a column shows of a person is a tag on it, and who may see it is said by tag, not by table."""

from collections.abc import Mapping

from aws_cdk import DefaultStackSynthesizer, Fn, Stack
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct

from omnichannel.contracts import zones
from omnichannel.contracts.catalog import EXPOSURE_TAG, PLAIN_TABLES, Exposure, PlainTable
from stacks.components import grants
from stacks.components.trust import trusted
from stacks.foundation import Foundation
from stacks.knobs import LakeFormation

ANALYSTS_SEE = (Exposure.NONE, Exposure.INDIRECT)
READ = ["SELECT", "DESCRIBE"]


class AccessByTags(Construct):
    """The tag, its place on the database and on plain files, the registered lake, and what analysts and engineers may read.

    Whatever has no tag of its own has the database's, which is `direct`: a new table is hidden from analysts until somebody looked.
    """

    def __init__(self, scope: Construct, id: str, base: Foundation, who: LakeFormation, tables: Mapping[str, glue.CfnTable]) -> None:
        super().__init__(scope, id)
        self.account = Stack.of(self).account
        self.database = base.database
        self.administrators = lakeformation.CfnDataLakeSettings(
            self,
            "Administrators",
            # Beside those that the account has, and CloudFormation among them: it assigns the tags.
            mutation_type="APPEND",
            admins=[_principal(who.admin_role), _principal(deployer(self))],
        )
        self._register(base)
        self.tag = lakeformation.CfnTag(
            self, "Pii", catalog_id=self.account, tag_key=EXPOSURE_TAG, tag_values=[level.value for level in Exposure]
        )
        self.tag.node.add_dependency(self.administrators)
        self._assign("Database", Exposure.DIRECT, database=self._database())
        for table in PLAIN_TABLES:
            self._assign_columns(table, tables[table.name])
        self._grant("Analysts", who.analyst_role, ANALYSTS_SEE)
        self._grant("Engineers", who.engineer_role, tuple(Exposure))

    def _register(self, base: Foundation) -> None:
        """Lake Formation reads trusted data with this role. Hybrid: whoever has not opted in goes on by IAM, the app itself first."""
        role = iam.Role(self, "Reader", assumed_by=trusted(self, "lakeformation.amazonaws.com"))
        lake = base.buckets.lake
        grants.read_objects(role, lake, *(f"{zone}/" for zone in (zones.TRUSTED, zones.SCORES, zones.LEDGER, zones.VIEWS, zones.QUALITY)))
        location = lakeformation.CfnResource(
            self, "Lake", resource_arn=lake.bucket_arn, use_service_linked_role=False, role_arn=role.role_arn, hybrid_access_enabled=True
        )
        location.node.add_dependency(self.administrators)

    def _assign_columns(self, table: PlainTable, made: glue.CfnTable) -> None:
        for level in Exposure:
            columns = [f.name for f in table.fields if f.exposure is level]
            if columns:
                words = "".join(part.capitalize() for part in (*table.name.split("_"), level))
                place = lakeformation.CfnTagAssociation.TableWithColumnsResourceProperty(
                    catalog_id=self.account, database_name=self.database, name=table.name, column_names=columns
                )
                self._assign(words, level, table_with_columns=place).node.add_dependency(made)

    def _assign(self, id: str, level: Exposure, **resource: object) -> lakeformation.CfnTagAssociation:
        pair = lakeformation.CfnTagAssociation.LFTagPairProperty(catalog_id=self.account, tag_key=EXPOSURE_TAG, tag_values=[level.value])
        made = lakeformation.CfnTagAssociation(
            self,
            f"{id}Tag",
            lf_tags=[pair],
            resource=lakeformation.CfnTagAssociation.ResourceProperty(**resource),  # type: ignore[arg-type]
        )
        made.node.add_dependency(self.tag)
        return made

    def _database(self) -> lakeformation.CfnTagAssociation.DatabaseResourceProperty:
        return lakeformation.CfnTagAssociation.DatabaseResourceProperty(catalog_id=self.account, name=self.database)

    def _grant(self, id: str, role: str, levels: tuple[Exposure, ...]) -> None:
        """Reading tables and columns with one of these levels, and seeing that the database exists."""
        properties = lakeformation.CfnPrincipalPermissions
        expression = [properties.LFTagProperty(tag_key=EXPOSURE_TAG, tag_values=[level.value for level in levels])]
        by_tag = properties.LFTagPolicyResourceProperty(catalog_id=self.account, resource_type="TABLE", expression=expression)
        database = properties.DatabaseResourceProperty(catalog_id=self.account, name=self.database)
        given = {
            "Tables": (properties.ResourceProperty(lf_tag_policy=by_tag), READ),
            "Database": (properties.ResourceProperty(database=database), ["DESCRIBE"]),
        }
        for name, (resource, permissions) in given.items():
            lakeformation.CfnPrincipalPermissions(
                self,
                f"{id}{name}",
                principal=properties.DataLakePrincipalProperty(data_lake_principal_identifier=role),
                resource=resource,
                permissions=permissions,
                permissions_with_grant_option=[],
            ).node.add_dependency(self.tag)


def _principal(arn: str) -> lakeformation.CfnDataLakeSettings.DataLakePrincipalProperty:
    return lakeformation.CfnDataLakeSettings.DataLakePrincipalProperty(data_lake_principal_identifier=arn)


def deployer(scope: Construct) -> str:
    """The role that CloudFormation works with, which the CDK's bootstrap made."""
    stack = Stack.of(scope)
    qualifier = DefaultStackSynthesizer.DEFAULT_QUALIFIER
    return Fn.sub(f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/cdk-{qualifier}-cfn-exec-role-${{AWS::AccountId}}-{stack.region}")
