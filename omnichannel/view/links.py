"""The trusted table `identity_links`: who is who, as the last resolution left it."""

import pyarrow as pa
from pyiceberg.catalog import Catalog

from omnichannel.contracts.identity import LINK_COLUMNS, LINKS_TABLE
from omnichannel.identity.resolve import Identity
from omnichannel.onboarding.read import scan as read
from omnichannel.onboarding.schema import arrow_schema


def write_links(catalog: Catalog, database: str, who: Identity) -> pa.Table:
    """Replaces the rows of `identity_links`, unless it holds the very same already; gives them."""
    schema = arrow_schema(LINK_COLUMNS)
    rows = [
        {"customer_id": link.customer_id, "id_type": id_type.value, "id_value": value, "valid_from": link.valid_from, "valid_to": None}
        for (id_type, value), link in who.links.items()
    ]
    order = [("id_type", "ascending"), ("id_value", "ascending")]
    links = pa.Table.from_pylist(rows, schema=schema).sort_by(order)
    stored = read(catalog, database, LINKS_TABLE, schema.names)
    if not stored.sort_by(order).equals(links):
        table = catalog.load_table((database, LINKS_TABLE))
        if stored.num_rows:
            table.overwrite(links)
        else:
            table.append(links)
    return links
