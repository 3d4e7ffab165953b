"""Twin of Amazon Connect outbound campaigns v2: campaigns over segments of the Customer Profiles twin, and what they would send.

Asked over `/inspect/connectcampaignsv2/…`:

| what | answer |
|---|---|
| `GET sends?campaign=&profile=` | who, channel, `at` (the first open hour), `state` (planned, sent, held, withheld), `reason` |
| `GET campaigns` | every campaign with its state and how many it sent |
| `GET instances` | integrations and onboarding by instance |
| `POST configure` | planned answers and rates, see `sandbox.twins.faults` |

A contact flow is not run: a member gets one message on the first of the campaign's channels for which the profile has an address.
"""

from sandbox.twins.campaigns.twin import CampaignsTwin

__all__ = ["CampaignsTwin"]
