"""The whole customer view, from trusted tables into the store."""

from datetime import datetime
from itertools import chain
from typing import Any

from pyiceberg.catalog import Catalog

from omnichannel.view import customers, products
from omnichannel.view.inputs import identity, read_inputs
from omnichannel.view.write import bring_up_to_date, write_links


def rebuild(catalog: Catalog, database: str, dynamodb: Any, *, customers_table: str, products_table: str, now: datetime) -> dict[str, int]:
    """Writes links, customers and products; running it again on the same data writes nothing. Returns the counts."""
    inputs = read_inputs(catalog, database)
    who = identity(inputs)
    links = write_links(catalog, database, who)
    items = chain(customers.customer_items(inputs, who, now), customers.link_items(who, now))
    people = bring_up_to_date(dynamodb, customers_table, "customer_id", items)
    shelf = bring_up_to_date(dynamodb, products_table, "product_id", products.product_items(inputs, now))
    return {
        "customers": len(who.refs),
        "links": links,
        "products": inputs.products.num_rows,
        "items_written": people.written + shelf.written,
        "items_deleted": people.deleted + shelf.deleted,
    }
