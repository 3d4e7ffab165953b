"""The only map from outside identifiers to customers: the trusted table `identity_links`."""

from omnichannel.contracts.datasets import Column, Type

LINKS_TABLE = "identity_links"

LINK_COLUMNS = (
    Column(name="customer_id", required=True, meaning="our resolved id, in every table, score and decision"),
    Column(name="id_type", required=True, key=True, meaning="customer_ref, anonymous_id, email_sha256 or loyalty_card"),
    Column(name="id_value", required=True, key=True, personal=True, meaning="the identifier; of an e-mail address its SHA-256"),
    Column(name="valid_from", type=Type.TIMESTAMP, meaning="when identifier and customer were first seen together"),
    Column(name="valid_to", type=Type.TIMESTAMP, meaning="when the identifier went to another customer; empty while it holds"),
)
