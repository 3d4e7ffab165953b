"""Twin of Amazon Pinpoint: apps, endpoints, segments, import jobs that really read their files, campaigns and journeys.

Asked over `/inspect/pinpoint/…`: `GET endpoints?app=ID` (all endpoints), `GET segments?app=ID` (each with its number of members),
`GET members?app=ID&segment=ID` (the ids of a segment's endpoints), `GET jobs?app=ID`,
`GET campaigns?app=ID`, `GET journeys?app=ID`, `GET sends?app=ID` (what campaigns and journeys would send: endpoint, user, channel,
template, `at` and `state`: sent, planned, held or cancelled; who was held out is not in it).
"""

from sandbox.twins.pinpoint.twin import PinpointTwin

__all__ = ["PinpointTwin"]
