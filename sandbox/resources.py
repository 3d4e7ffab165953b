"""Resource types that MiniStack's CloudFormation lacks, and what stands in for each: a twin, a MiniStack API, or a record.

The table follows the CloudFormation reference: `ref` is what `Ref` returns and `attributes` what `GetAtt` returns. Properties become
request parameters by name, typed by the service's own model, so a row says only what differs. Read by the Aspect at synth and by the
provider function in the sandbox; standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Call:
    """A type that an API can make. Operations are boto3 method names; `name` is the property that names the resource,
    and is generated when the template leaves it out; `ref` and `attributes` name fields of the properties or of the answer.
    """

    service: str
    create: str
    delete: str
    identity: str
    """The parameter by which update, delete and describe find the resource; its value is the physical id."""
    ref: str
    within: tuple[str, ...] = ()
    """Properties that, beside the identity, say in what the resource lies."""
    name: str = ""
    update: str = ""
    describe: str = ""
    """Tells the attributes of a resource that stays as it is."""
    ready: str = ""
    """Path of the status in the answer of `describe`; the resource exists once it is ACTIVE."""
    lift: Mapping[str, str] = field(default_factory=dict)
    """Property path -> parameter path, where CloudFormation and the API differ in more than letter case."""
    wrap: str = ""
    """The one member into which the service wraps the whole request (Pinpoint)."""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Record:
    """A type that is only written down. `ref` names a property; else an id is generated. In `attributes`, `{ref}` and `{<property>}` are
    replaced.
    """

    ref: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:us-east-1:000000000000:{resource}"


def _personalize(kind: str, member: str, *, attributes: Mapping[str, str] | None = None, waits: bool = True) -> Call:
    """Personalize's types all work alike: `create_x` answers `xArn`, and the resource is usable when ACTIVE."""
    arn = f"{member}Arn"
    return Call(
        service="personalize",
        create=f"create_{kind}",
        delete=f"delete_{kind}",
        describe=f"describe_{kind}",
        ready=f"{member}.status" if waits else "",
        identity=arn,
        ref=arn,
        name="name",
        attributes=attributes or {arn[0].upper() + arn[1:]: arn},
    )


def _in_domain(kind: str, identity: str, *, create: str = "create", update: str = "", name: str | None = None, **attributes: str) -> Call:
    """Definitions below a domain of Customer Profiles all work alike; CloudFormation tells the times of each."""
    return Call(
        service="customer-profiles",
        create=f"{create}_{kind}",
        update=f"{update}_{kind}" if update else "",
        delete=f"delete_{kind}",
        describe=f"get_{kind}",
        identity=identity,
        within=("DomainName",),
        ref=identity,
        name=identity if name is None else name,
        attributes={"CreatedAt": "CreatedAt", **attributes},
    )


TABLE: Mapping[str, Call | Record] = {
    "AWS::SageMaker::Pipeline": Call(
        service="sagemaker",
        create="create_pipeline",
        update="update_pipeline",
        delete="delete_pipeline",
        identity="PipelineName",
        ref="PipelineName",
        name="PipelineName",
        lift={
            "PipelineDefinition.PipelineDefinitionBody": "PipelineDefinition",
            "PipelineDefinition.PipelineDefinitionS3Location.Bucket": "PipelineDefinitionS3Location.Bucket",
            "PipelineDefinition.PipelineDefinitionS3Location.Key": "PipelineDefinitionS3Location.ObjectKey",
            "PipelineDefinition.PipelineDefinitionS3Location.Version": "PipelineDefinitionS3Location.VersionId",
        },
    ),
    "AWS::SageMaker::ModelPackageGroup": Call(
        service="sagemaker",
        create="create_model_package_group",
        delete="delete_model_package_group",
        describe="describe_model_package_group",
        identity="ModelPackageGroupName",
        ref="ModelPackageGroupArn",
        name="ModelPackageGroupName",
        attributes={"ModelPackageGroupArn": "ModelPackageGroupArn"},
    ),
    "AWS::Personalize::DatasetGroup": _personalize("dataset_group", "datasetGroup"),
    "AWS::Personalize::Schema": _personalize("schema", "schema", waits=False),
    "AWS::Personalize::Dataset": _personalize("dataset", "dataset"),
    "AWS::Personalize::EventTracker": _personalize(
        "event_tracker", "eventTracker", attributes={"EventTrackerArn": "eventTrackerArn", "TrackingId": "trackingId"}
    ),
    "AWS::Pinpoint::App": Call(
        service="pinpoint",
        create="create_app",
        delete="delete_app",
        describe="get_app",
        identity="ApplicationId",
        ref="ApplicationResponse.Id",
        name="Name",
        wrap="CreateApplicationRequest",
        attributes={"Arn": "ApplicationResponse.Arn", "Id": "ApplicationResponse.Id"},
    ),
    "AWS::CustomerProfiles::Domain": Call(
        service="customer-profiles",
        create="create_domain",
        update="update_domain",
        delete="delete_domain",
        describe="get_domain",
        identity="DomainName",
        ref="DomainName",
        name="DomainName",
        attributes={"CreatedAt": "CreatedAt", "LastUpdatedAt": "LastUpdatedAt"},
    ),
    "AWS::CustomerProfiles::ObjectType": _in_domain("profile_object_type", "ObjectTypeName", create="put", update="put"),
    "AWS::CustomerProfiles::SegmentDefinition": _in_domain(
        "segment_definition", "SegmentDefinitionName", SegmentDefinitionArn="SegmentDefinitionArn"
    ),
    "AWS::CustomerProfiles::CalculatedAttributeDefinition": _in_domain(
        "calculated_attribute_definition", "CalculatedAttributeName", update="update"
    ),
    "AWS::CustomerProfiles::Integration": _in_domain("integration", "Uri", create="put", update="put", name=""),
    "AWS::ConnectCampaignsV2::Campaign": Call(
        service="connectcampaignsv2",
        create="create_campaign",
        delete="delete_campaign",
        describe="describe_campaign",
        identity="id",
        ref="arn",
        attributes={"Arn": "arn"},
    ),
    "AWS::Events::Archive": Call(
        service="events",
        create="create_archive",
        update="update_archive",
        delete="delete_archive",
        identity="ArchiveName",
        ref="ArchiveName",
        name="ArchiveName",
        lift={"SourceArn": "EventSourceArn"},
        attributes={"Arn": "ArchiveArn", "ArchiveName": "ArchiveName"},
    ),
    "AWS::Athena::NamedQuery": Call(
        service="athena",
        create="create_named_query",
        delete="delete_named_query",
        describe="get_named_query",
        identity="NamedQueryId",
        ref="NamedQueryId",
        name="Name",
        attributes={"NamedQueryId": "NamedQueryId"},
    ),
    "AWS::Budgets::Budget": Record(),
    "AWS::Budgets::BudgetsAction": Record(),
    "AWS::CE::AnomalyMonitor": Record(attributes={"MonitorArn": "{ref}"}),
    "AWS::CE::AnomalySubscription": Record(attributes={"SubscriptionArn": "{ref}"}),
    "AWS::CloudWatch::AnomalyDetector": Record(),
    "AWS::CloudWatch::CompositeAlarm": Record(ref="AlarmName", attributes={"Arn": _arn("cloudwatch", "alarm:{ref}")}),
    "AWS::Connect::ContactFlow": Record(attributes={"ContactFlowArn": _arn("connect", "instance/sandbox/contact-flow/{ref}")}),
    "AWS::Connect::ContactFlowVersion": Record(attributes={"ContactFlowVersionARN": "{ContactFlowId}:1", "Version": "1"}),
    "AWS::Connect::IntegrationAssociation": Record(attributes={"IntegrationAssociationId": "{ref}"}),
    "AWS::CustomerProfiles::EventStream": Record(ref="EventStreamName", attributes={"EventStreamArn": _arn("profile", "stream/{ref}")}),
    "AWS::CustomerProfiles::EventTrigger": Record(ref="EventTriggerName"),
    "AWS::DMS::DataMigration": Record(attributes={"DataMigrationArn": "{ref}"}),
    "AWS::DMS::DataProvider": Record(attributes={"DataProviderArn": _arn("dms", "data-provider:{ref}")}),
    "AWS::DMS::Endpoint": Record(attributes={"ExternalId": "{ref}"}),
    "AWS::DMS::ReplicationConfig": Record(attributes={"ReplicationConfigArn": _arn("dms", "replication-config:{ref}")}),
    "AWS::DMS::ReplicationInstance": Record(),
    "AWS::DMS::ReplicationSubnetGroup": Record(ref="ReplicationSubnetGroupIdentifier"),
    "AWS::DMS::ReplicationTask": Record(),
    "AWS::Events::ApiDestination": Record(ref="Name", attributes={"Arn": _arn("events", "api-destination/{ref}")}),
    "AWS::Events::Connection": Record(
        ref="Name",
        attributes={"Arn": _arn("events", "connection/{ref}"), "SecretArn": _arn("secretsmanager", "secret:events!connection/{ref}")},
    ),
    "AWS::Events::EventBusPolicy": Record(ref="StatementId"),
    "AWS::Glue::DataCatalogEncryptionSettings": Record(),
    "AWS::Glue::DataQualityRuleset": Record(ref="Name"),
    "AWS::Glue::SecurityConfiguration": Record(ref="Name"),
    "AWS::LakeFormation::DataCellsFilter": Record(),
    "AWS::LakeFormation::DataLakeSettings": Record(),
    "AWS::LakeFormation::Permissions": Record(),
    "AWS::LakeFormation::PrincipalPermissions": Record(),
    "AWS::LakeFormation::Resource": Record(),
    "AWS::LakeFormation::Tag": Record(),
    "AWS::LakeFormation::TagAssociation": Record(),
    "AWS::Logs::Delivery": Record(attributes={"DeliveryId": "{ref}", "Arn": _arn("logs", "delivery:{ref}")}),
    "AWS::Logs::DeliveryDestination": Record(ref="Name", attributes={"Arn": _arn("logs", "delivery-destination:{ref}")}),
    "AWS::Logs::DeliverySource": Record(ref="Name", attributes={"Arn": _arn("logs", "delivery-source:{ref}")}),
    "AWS::Logs::QueryDefinition": Record(attributes={"QueryDefinitionId": "{ref}"}),
    "AWS::ResourceGroups::Group": Record(ref="Name", attributes={"Arn": _arn("resource-groups", "group/{ref}")}),
    "AWS::SageMaker::Domain": Record(attributes={"DomainId": "{ref}", "DomainArn": _arn("sagemaker", "domain/{ref}")}),
    "AWS::SageMaker::UserProfile": Record(ref="UserProfileName"),
    "AWS::SecretsManager::ResourcePolicy": Record(attributes={"Id": "{ref}"}),
    "AWS::SecretsManager::RotationSchedule": Record(attributes={"Id": "{ref}"}),
    "AWS::WAFv2::WebACLAssociation": Record(),
    "AWS::Wisdom::KnowledgeBase": Record(
        attributes={"KnowledgeBaseId": "{ref}", "KnowledgeBaseArn": _arn("wisdom", "knowledge-base/{ref}")}
    ),
    "AWS::Wisdom::MessageTemplate": Record(
        attributes={"MessageTemplateId": "{ref}", "MessageTemplateArn": _arn("wisdom", "message-template/sandbox/{ref}")}
    ),
    "AWS::Wisdom::MessageTemplateVersion": Record(
        attributes={"MessageTemplateVersionArn": "{MessageTemplateArn}:1", "MessageTemplateVersionNumber": "1"}
    ),
    "AWS::XRay::Group": Record(attributes={"GroupARN": "{ref}"}),
}
"""Every type that the sandbox converts; a type that neither this table nor MiniStack knows is an error at synth."""

PROVIDER = "omni-sandbox-provider"
PROVIDER_ARN = _arn("lambda", f"function:{PROVIDER}")
TYPE_PROPERTY = "SandboxType"
OWN_PROPERTIES = ("ServiceToken", "ServiceTimeout", TYPE_PROPERTY)
"""What the Aspect adds to a resource that it converts; everything else stays as the template for AWS has it."""
TIMEOUT_SECONDS = 900


def custom_type(original: str) -> str:
    """`AWS::SageMaker::Pipeline` -> `Custom::SageMakerPipeline`."""
    return "Custom::" + "".join(original.split("::")[1:])
