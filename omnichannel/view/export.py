"""Puts what Personalize trains on into the lake."""

from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog

from omnichannel.contracts import zones
from omnichannel.view.interactions import interactions, linked, of_customers, permitted, shortage, write_interactions, write_items


def export(catalog: Catalog, database: str, dynamodb: Any, s3: Any, *, customers_table: str, bucket: str, work: Path) -> dict[str, Any]:
    """Writes both files and answers their keys and counts.

    `data_location` and `run` (a hash of the interactions) are what the import is started with: the same interactions are
    one import, other ones another. `ready` says whether they suffice to learn from, else `reason` what is lacking.
    """
    found = interactions(catalog, database, linked(catalog, database))
    allowed = permitted(dynamodb, customers_table, found["USER_ID"].unique().to_pylist())
    kept = of_customers(found, allowed)
    lacking = shortage(kept)
    run = write_interactions(kept, work / "interactions.csv")
    items = write_items(catalog, database, work / "items.csv")
    interactions_key, items_key = f"{zones.PERSONALIZE_INTERACTIONS}interactions.csv", f"{zones.PERSONALIZE_ITEMS}items.csv"
    s3.upload_file(str(work / "interactions.csv"), bucket, interactions_key)
    s3.upload_file(str(work / "items.csv"), bucket, items_key)
    return {
        "ready": not lacking,
        "reason": lacking,
        "interactions_key": interactions_key,
        "items_key": items_key,
        "data_location": f"s3://{bucket}/{zones.PERSONALIZE_INTERACTIONS}",
        "run": run,
        "interactions": kept.num_rows,
        "items": items,
        "customers": len(allowed),
        "withheld_customers": len(found["USER_ID"].unique()) - len(allowed),
    }
