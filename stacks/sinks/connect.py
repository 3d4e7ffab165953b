"""Messaging adapter `connect`: a domain of Customer Profiles, its object type, the playbook's audiences as segments, and campaigns."""

from aws_cdk import CfnResource, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_customerprofiles as profiles
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lambdas import profiles_bridge
from omnichannel.activation import connect_objects
from omnichannel.contracts.environment.sinks import ProfilesBridgeEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.profiles import EXPIRATION_DAYS, OBJECT_TYPE, TIME_FORMAT
from omnichannel.playbook.audiences import Audience, audiences_playbook
from stacks.components import asl, grants
from stacks.components.acknowledge import acknowledge
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.queue import DEAD_LETTERS_KEPT_DAYS
from stacks.foundation import Foundation
from stacks.sinks.bridge import AGAIN, DONE, NOT_DELIVERED, PART, PART_INPUT, RUN, import_prefixes, message_bridge, message_env
from stacks.sinks.connect_campaigns import Campaigns

SERVICE = "profile.amazonaws.com"
INCLUSIVE, ALL = "INCLUSIVE", "ALL"
FROM_THE_START = {**PART, "offset": 0, "load": "{% $load %}"}
FILES = (
    "profile:CreateUploadJob",
    "profile:GetUploadJobPath",
    "profile:StartUploadJob",
    "profile:GetUploadJob",
    "profile:StopUploadJob",
)
PROOF = ("profile:SearchProfiles", "profile:DeleteProfile")
"""Beside the files' own rights: a profile of nobody is looked for and deleted again."""


class Domain(Construct):
    """The domain, encrypted with our key; what it cannot match to a profile waits, and is told."""

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.name = f"{scope.stack_name}-profiles"
        unmatched = self._unmatched(base)
        self.arn = scope.format_arn(service="profile", resource="domains", resource_name=self.name)
        self.domain = profiles.CfnDomain(
            self,
            "Domain",
            domain_name=self.name,
            default_expiration_days=EXPIRATION_DAYS,
            default_encryption_key=base.data_key.key_arn,
            dead_letter_queue_url=unmatched.queue_url,
        )
        self.object_type = profiles.CfnObjectType(
            self,
            "ObjectType",
            domain_name=self.name,
            object_type_name=OBJECT_TYPE,
            description="Scores, next action and recommended products of a customer",
            allow_profile_creation=True,
            expiration_days=EXPIRATION_DAYS,
            source_last_updated_timestamp_format=TIME_FORMAT,
            fields=_fields(),
            keys=_keys(),
        )
        self.object_type.add_resource_dependency(self.domain)
        self.segments = {each.name: self._segment(each) for each in audiences_playbook().audiences}

    def _unmatched(self, base: Foundation) -> sqs.Queue:
        """Where the service puts objects that it can assign to nobody. They hold what the customer's object holds."""
        queue = sqs.Queue(
            self,
            "Unmatched",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=base.message_key,
            data_key_reuse=Duration.hours(1),
            enforce_ssl=True,
            retention_period=Duration.days(DEAD_LETTERS_KEPT_DAYS),
        )
        acknowledge(queue, "AwsSolutions-SQS3", "it is a dead-letter queue itself: Customer Profiles puts into it what it cannot assign")
        here = {"StringEquals": {"aws:SourceAccount": Capability.holding(self).account}}
        service = iam.ServicePrincipal(SERVICE)
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ProfilesSend", principals=[service], actions=["sqs:SendMessage"], resources=[queue.queue_arn], conditions=here
            )
        )
        base.message_key.add_to_resource_policy(
            iam.PolicyStatement(sid="ProfilesSend", principals=[service], actions=list(grants.WRITE_KEY), resources=["*"], conditions=here)
        )
        queue.metric_approximate_number_of_messages_visible(statistic="Maximum").create_alarm(
            self,
            "UnmatchedHeld",
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        return queue

    def _segment(self, audience: Audience) -> profiles.CfnSegmentDefinition:
        """A definition cannot be changed, so its name carries a digest of what it means: CloudFormation makes the new one first."""
        dimension = profiles.CfnSegmentDefinition.AttributeDimensionProperty
        dimensions = [
            profiles.CfnSegmentDefinition.DimensionProperty(
                profile_attributes=profiles.CfnSegmentDefinition.ProfileAttributesProperty(
                    attributes={attribute: dimension(dimension_type=INCLUSIVE, values=list(words))}
                )
            )
            for attribute, words in audience.where.items()
        ]
        segment = profiles.CfnSegmentDefinition(
            self,
            f"Segment-{audience.name}",
            domain_name=self.name,
            display_name=audience.name,
            description=audience.description,
            segment_definition_name=audience.versioned,
            segment_groups=profiles.CfnSegmentDefinition.SegmentGroupProperty(
                groups=[profiles.CfnSegmentDefinition.GroupProperty(dimensions=dimensions, type=ALL)], include=ALL
            ),
        )
        segment.add_resource_dependency(self.object_type)
        return segment


class Connect(Construct):
    """Messaging adapter `connect`: each part's objects into the domain, as long as there are any left."""

    sink = Sink.CONNECT

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.domain = Domain(scope, f"{id}Domain", base)
        env = ProfilesBridgeEnv(**message_env(base), domain=self.domain.name, upload_from=scope.settings.connect_upload_from)
        self.function = message_bridge(self, "ProfilesBridge", base, sink=self.sink, entry=profiles_bridge.handler, env=env)
        self._let_put()
        grants.use_key(self.function.role, base.data_key, grants.WRITE_KEY)
        # Who is in a file that the service is reading, and how far the proof is.
        for grant in (grants.read_objects, grants.write_objects):
            grant(self.function.role, base.buckets.lake, *import_prefixes(self.sink))
        if scope.settings.connect_instance:
            Campaigns(self, "Campaigns", scope.settings.connect_instance, self.domain.segments)
        self.functions = [self.function]

    def _let_put(self) -> None:
        grants.allow(self.function.role, (*FILES, *PROOF), self.domain.arn)
        self.let_put(self.function)

    def let_put(self, function: Function) -> None:
        """Lets a function put objects. A batch is a right of its own since May 2026, which cfn-lint's list of actions does not have yet."""
        objects = f"{self.domain.arn}/object-types/{OBJECT_TYPE}"
        grants.allow(function.role, ("profile:BatchPutProfileObject", "profile:PutProfileObject"), self.domain.arn, objects)
        policy = function.role.node.find_child("DefaultPolicy").node.default_child
        if isinstance(policy, CfnResource):
            policy.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3037"]}})

    @property
    def branch(self) -> tuple[str, asl.States]:
        """Every part, one at a time: in a first load as a file, as long as that is read; then, of whom is left, in batches.

        Neither a proof nor a file that fails stops anything: batches are right for everybody at any time.
        """
        ask = asl.invoke(self.function, payload={**RUN, "step": "prove"}, output=asl.INPUT, Next="LoadProven?")
        ask |= {"Assign": {"load": "{% $states.result.Payload.load %}"}, "Catch": _to("ToConnect", load="no")}
        return "ProveLoad", {
            "ProveLoad": ask,
            "LoadProven?": asl.choice(("$load = 'waiting'", "ProvingLoad"), otherwise="ToConnect"),
            "ProvingLoad": asl.wait(then="ProveLoad"),
            "ToConnect": asl.each("{% $states.input.parts %}", "AsFile?", self._part(), at_once=1, selector=FROM_THE_START, Output=DONE),
        }

    def _part(self) -> asl.States:
        """A call that runs out of time says where the next one goes on."""
        again = [*asl.wait_for_concurrency(), *asl.retry(), *AGAIN]
        caught = asl.catch("ProfilesNotPut", output=NOT_DELIVERED)
        load = asl.invoke(self.function, payload={**PART_INPUT, "step": "load"}, Catch=_to("PutProfiles"), Next="Loaded?")
        return {
            "AsFile?": asl.choice(("$states.input.load = 'yes'", "LoadProfiles"), otherwise="PutProfiles"),
            "LoadProfiles": load,
            "Loaded?": asl.choice(("$states.input.loading", "Loading"), otherwise="PutProfiles"),
            "Loading": asl.wait(then="LoadProfiles"),
            "PutProfiles": asl.invoke(self.function, Retry=again, Catch=caught, Next="AllPut?"),
            "AllPut?": asl.choice(("$states.input.done", "ProfilesPut"), otherwise="PutProfiles"),
            "ProfilesPut": asl.succeed(DONE),
            "ProfilesNotPut": {"Type": "Succeed"},
        }


def _to(state: str, **assigned: str) -> list[dict[str, object]]:
    """On any error go on there as if nothing had been asked; the function's alarm tells."""
    return [{"ErrorEquals": ["States.ALL"], "Next": state, "Output": asl.INPUT, **({"Assign": assigned} if assigned else {})}]


def _fields() -> list[profiles.CfnObjectType.FieldMapProperty]:
    return [
        profiles.CfnObjectType.FieldMapProperty(
            name=name,
            object_type_field=profiles.CfnObjectType.ObjectTypeFieldProperty(
                source=field["Source"], target=field.get("Target"), content_type=field["ContentType"]
            ),
        )
        for name, field in connect_objects.fields().items()
    ]


def _keys() -> list[profiles.CfnObjectType.KeyMapProperty]:
    return [
        profiles.CfnObjectType.KeyMapProperty(
            name=name,
            object_type_key_list=[
                profiles.CfnObjectType.ObjectTypeKeyProperty(
                    standard_identifiers=each["StandardIdentifiers"], field_names=each["FieldNames"]
                )
                for each in listed
            ],
        )
        for name, listed in connect_objects.keys().items()
    ]
