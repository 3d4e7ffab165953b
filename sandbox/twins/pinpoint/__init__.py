"""Twin of Amazon Pinpoint: apps, endpoints, segments and import jobs that really read their files.

Asked over `/inspect/pinpoint/…`: `GET endpoints?app=ID` (all endpoints), `GET segments?app=ID` (each with its number of members),
`GET members?app=ID&segment=ID` (the ids of a segment's endpoints), `GET jobs?app=ID`.
"""

from sandbox.twins.pinpoint.twin import PinpointTwin

__all__ = ["PinpointTwin"]
