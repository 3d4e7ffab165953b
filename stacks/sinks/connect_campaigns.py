"""Outbound campaigns of an Amazon Connect instance: one for each messaging campaign of the playbook, to its audience's segment."""

from collections.abc import Mapping

from aws_cdk import aws_connectcampaignsv2 as campaigns
from aws_cdk import aws_customerprofiles as profiles
from constructs import Construct

from omnichannel.contracts.consent import Channel
from omnichannel.playbook.actions import playbook
from omnichannel.playbook.audiences import of_campaign
from omnichannel.playbook.campaigns import AudienceKind, Campaign, campaigns_playbook
from omnichannel.playbook.hours import Hours
from stacks.connect_knobs import ConnectInstance

JOURNEY = "JOURNEY"
REFRESH = "PT24H"
"""How often a campaign looks who is in its segment by now: scores are made once a day."""
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_MIDNIGHT, _LAST = "T00:00", "T23:59"

Property = campaigns.CfnCampaign


class Campaigns(Construct):
    """E-mail through the instance's flow. Holdout and consent are decided before a profile gets there: nobody here is held out."""

    def __init__(self, scope: Construct, id: str, instance: ConnectInstance, segments: Mapping[str, profiles.CfnSegmentDefinition]) -> None:
        super().__init__(scope, id)
        for campaign in campaigns_playbook().values():
            if campaign.audience is AudienceKind.MESSAGING:
                self._campaign(campaign, instance, segments[of_campaign(campaign.name).name])

    def _campaign(self, campaign: Campaign, instance: ConnectInstance, segment: profiles.CfnSegmentDefinition) -> None:
        Property(
            self,
            campaign.name,
            name=f"{segment.domain_name}-{campaign.name}",
            connect_instance_id=instance.instance_id,
            type=JOURNEY,
            source=Property.SourceProperty(customer_profiles_segment_arn=segment.attr_segment_definition_arn),
            connect_campaign_flow_arn=instance.flow_arn,
            channel_subtype_config=Property.ChannelSubtypeConfigProperty(
                email=Property.EmailChannelSubtypeConfigProperty(
                    outbound_mode=Property.EmailOutboundModeProperty(agentless_config={}),
                    default_outbound_config=Property.EmailOutboundConfigProperty(
                        connect_source_email_address=instance.email, wisdom_template_arn=instance.template_arn
                    ),
                )
            ),
            schedule=Property.ScheduleProperty(start_time=instance.starts, end_time=instance.ends, refresh_frequency=REFRESH),
            # The profile stays in the segment as long as its action does; within the campaign's window it gets the message once.
            entry_limits_config=Property.EntryLimitsConfigProperty(max_entry_count=0, min_entry_interval=f"P{campaign.window_days}D"),
            communication_limits_override=_limits(),
            communication_time_config=_times(),
        )


def _limits() -> Property.CommunicationLimitsConfigProperty:
    """The playbook's caps for e-mail, once more."""
    caps = playbook().channels[Channel.EMAIL.value].caps
    limits = [
        Property.CommunicationLimitProperty(frequency=cap.days, max_count_per_recipient=cap.most, unit="DAY") for cap in caps if cap.most
    ]
    return Property.CommunicationLimitsConfigProperty(
        all_channels_subtypes=Property.CommunicationLimitsProperty(communication_limit_list=limits)
    )


def _times() -> Property.CommunicationTimeConfigProperty:
    """Outside of e-mail's quiet hours, in the customer's time zone as their postal code tells it."""
    quiet = playbook().channels[Channel.EMAIL.value].quiet
    hours = [Property.DailyHourProperty(key=day, value=_open(quiet)) for day in DAYS]
    return Property.CommunicationTimeConfigProperty(
        local_time_zone_config=Property.LocalTimeZoneConfigProperty(
            default_time_zone=playbook().timezone, local_time_zone_detection=["ZIP_CODE"]
        ),
        email=Property.TimeWindowProperty(open_hours=Property.OpenHoursProperty(daily_hours=hours)),
    )


def _open(quiet: Hours | None) -> list[Property.TimeRangeProperty]:
    if quiet is None:
        return [Property.TimeRangeProperty(start_time=_MIDNIGHT, end_time=_LAST)]
    begin, end = (f"T{minutes // 60:02d}:{minutes % 60:02d}" for minutes in (quiet.end, quiet.start))
    if quiet.end < quiet.start:
        return [Property.TimeRangeProperty(start_time=begin, end_time=end)]
    late = Property.TimeRangeProperty(start_time=begin, end_time=_LAST)
    return [Property.TimeRangeProperty(start_time=_MIDNIGHT, end_time=end), late] if quiet.start else [late]
