"""Twin of Amazon Connect Customer Profiles: domains, object types and what they map, profiles, segments, snapshots, upload jobs.

Asked over `/inspect/customer-profiles/…` (`domain=NAME`; without it the first domain):

| what | answer |
|---|---|
| `GET profiles?domain=&key=&value=` | every profile with its keys, or those found by a key |
| `GET objects?domain=` | every object with the profile it belongs to; `profile` is null for those that found none |
| `GET segments?domain=` | each definition with its number of members |
| `GET members?domain=&segment=` | ids of the profiles in a segment |
| `GET jobs?domain=` | upload jobs with their counts and why rows failed |
| `GET snapshots?domain=` | snapshots with the object that each wrote |
| `POST configure` | planned answers and rates, see `sandbox.twins.faults` |

The file of an upload job is put to the URL that GetUploadJobPath answers, which is the twin's own.
"""

from sandbox.twins.customer_profiles.twin import CustomerProfilesTwin

__all__ = ["CustomerProfilesTwin"]
