"""Twin of Amazon Personalize: control operations, live events and recommendations of one ECOMMERCE dataset group after another.

Imports read the CSV files from S3 as the job's role; recommenders are trained for real (co-occurrence of items, see `model`), in
seconds; live events change what a user is recommended at once. Asked over `/inspect/personalize/…`:
`GET events?userId=…&sessionId=…` (every live event, `used` says whether its id was new), `GET interactions` (how many each dataset holds),
`GET items` and `GET users` (what PutItems and PutUsers have told, the latest of each id).
"""

from sandbox.twins.personalize.twin import PersonalizeTwin

__all__ = ["PersonalizeTwin"]
