"""Who may be shown advertising, and by which hashes a display network knows them: trusted consents and identity links."""

import pyarrow as pa

from omnichannel.contracts.consent import Channel, Purpose
from omnichannel.contracts.store import IdType
from omnichannel.transform.lake import Lake

AGREED_BEFORE = "agreed_before"

# The gate's rule (`omnichannel.consent.gate.allows`) over every customer: the newer of the two channels decides, a refusal wins.
_ALLOWED = f"""
SELECT customer_id FROM (
    SELECT customer_id, granted, recorded_at, max(recorded_at) OVER (PARTITION BY customer_id) AS newest
    FROM consent_state WHERE purpose = '{Purpose.ADVERTISING}' AND channel IN ('{Channel.WEB}', '{Channel.ANY}')
) WHERE recorded_at = newest GROUP BY customer_id HAVING bool_and(granted)
"""  # noqa: S608 - our own words
_HASHES = (
    "SELECT customer_id, arg_max(id_value, (valid_from, id_value)) AS hash FROM links_now WHERE id_type = '{kind}' GROUP BY customer_id"
)
_ADDRESSES = f"""
WITH allowed AS ({_ALLOWED}),
email AS ({_HASHES.format(kind=IdType.EMAIL_SHA256)}), phone AS ({_HASHES.format(kind=IdType.PHONE_SHA256)})
SELECT a.customer_id, email.hash AS email_sha256, phone.hash AS phone_sha256
FROM allowed a SEMI JOIN {AGREED_BEFORE} b ON b.customer_id = a.customer_id
LEFT JOIN email ON email.customer_id = a.customer_id LEFT JOIN phone ON phone.customer_id = a.customer_id
ORDER BY a.customer_id
"""  # noqa: S608 - our own words


def addresses(then: Lake, now: Lake) -> pa.Table:
    """`customer_id`, `email_sha256`, `phone_sha256` (each the newest, null where there is none) of all who agreed to advertising.

    Agreed both `then`, on the date that is asked about, and `now`: whoever refused since is not advertised to by what they said before.
    """
    then.build("consent_state")
    now.put(AGREED_BEFORE, then.connection.sql(_ALLOWED).to_arrow_table())
    now.build("consent_state", "links_now")
    return now.connection.sql(_ADDRESSES).to_arrow_table()
