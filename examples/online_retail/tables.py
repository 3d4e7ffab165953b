"""Invoice lines -> orders, order lines, returns, products, customers and consents. Every rule is listed in README.md beside this file."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

CURRENCY = "GBP"
SERVICE_CODES = frozenset({"POST", "DOT", "M", "D", "S", "B", "C2", "CRUK", "BANK CHARGES", "AMAZONFEE"})
"""Stock codes that are no goods: postage, carriage, manual entries, discounts, samples, bad debt, commissions, fees."""

SHARED_BY = 15
"""A word can be a category when at least so many product names end in it."""

NO_CATEGORY = frozenset(
    {
        "black",
        "blue",
        "brown",
        "cream",
        "gold",
        "green",
        "grey",
        "ivory",
        "orange",
        "pink",
        "purple",
        "red",
        "silver",
        "turquoise",
        "white",
        "yellow",
        "large",
        "medium",
        "mini",
        "small",
        "assorted",
        "colour",
        "design",
        "polkadot",
        "retrospot",
        "set",
        "spot",
        "style",
        "vintage",
    }
)
"""Words that end many names and say colour, size or pattern rather than what the thing is."""

STILL_SOLD_DAYS = 180
COUNTRIES = {
    "United Kingdom": "GB",
    "France": "FR",
    "Australia": "AU",
    "Netherlands": "NL",
    "Germany": "DE",
    "Norway": "NO",
    "EIRE": "IE",
    "Switzerland": "CH",
    "Spain": "ES",
    "Poland": "PL",
    "Portugal": "PT",
    "Italy": "IT",
    "Belgium": "BE",
    "Lithuania": "LT",
    "Japan": "JP",
    "Iceland": "IS",
    "Denmark": "DK",
    "Cyprus": "CY",
    "Sweden": "SE",
    "Austria": "AT",
    "Israel": "IL",
    "Finland": "FI",
    "Bahrain": "BH",
    "Greece": "GR",
    "Hong Kong": "HK",
    "Singapore": "SG",
    "Lebanon": "LB",
    "United Arab Emirates": "AE",
    "Saudi Arabia": "SA",
    "Czech Republic": "CZ",
    "Canada": "CA",
    "Brazil": "BR",
    "USA": "US",
    "Malta": "MT",
    "RSA": "ZA",
    "Nigeria": "NG",
    "Thailand": "TH",
    "Korea": "KR",
    "West Indies": "",
    "Channel Islands": "",
    "European Community": "",
    "Unspecified": "",
    "Bermuda": "BM",
}
CONSENTED_PURPOSES = ("marketing", "personalization", "analytics", "advertising")


@dataclass(frozen=True)
class Tables:
    """One frame a data set, in the contract's column names; times are pandas timestamps (UTC, without a zone)."""

    orders: pd.DataFrame
    order_lines: pd.DataFrame
    returns: pd.DataFrame
    products: pd.DataFrame
    customers: pd.DataFrame


def tables(lines: pd.DataFrame) -> Tables:
    """`lines` has InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country, one row an invoice line.

    Each line becomes one row of `order_lines` or of `returns`; nothing is left out.
    """
    lines = _tidied(lines)
    cancelled = lines["invoice"].str.startswith("C", na=False)
    sold, taken_back = lines[~cancelled], lines[cancelled]
    return Tables(
        orders=_orders(sold),
        order_lines=_order_lines(sold),
        returns=_returns(taken_back),
        products=_products(lines, cancelled),
        customers=_customers(lines),
    )


def _tidied(lines: pd.DataFrame) -> pd.DataFrame:
    code = lines["StockCode"].astype("string").str.strip().str.upper()
    return pd.DataFrame(
        {
            "invoice": lines["InvoiceNo"].astype("string").str.strip(),
            "product_id": code,
            "name": lines["Description"].astype("string").str.strip(),
            "quantity": pd.to_numeric(lines["Quantity"]),
            "at": pd.to_datetime(lines["InvoiceDate"]),
            "price": pd.to_numeric(lines["UnitPrice"]),
            "customer_ref": pd.to_numeric(lines["CustomerID"]).astype("Int64").astype("string"),
            "country": lines["Country"].astype("string"),
            "service": code.isin(SERVICE_CODES),
        }
    ).reset_index(drop=True)


def _orders(sold: pd.DataFrame) -> pd.DataFrame:
    """One order an invoice; one that sells nothing (write-offs, samples, bad-debt entries) is a cancelled one."""
    sells = (sold["quantity"] > 0) & (sold["price"] > 0) & ~sold["invoice"].str.startswith("A", na=False)
    amounts = sold.assign(amount=(sold["quantity"] * sold["price"]).where(sold["quantity"] > 0, 0.0), sells=sells)
    orders = (
        amounts.dropna(subset=["invoice"])
        .groupby("invoice", as_index=False, sort=False)
        .agg(
            customer_ref=("customer_ref", "first"),
            ordered_at=("at", "min"),
            total=("amount", "sum"),
            sells=("sells", "any"),
        )
    )
    return pd.DataFrame(
        {
            "source_ts": orders["ordered_at"],
            "order_id": orders["invoice"],
            "customer_ref": orders["customer_ref"],
            "ordered_at": orders["ordered_at"],
            "channel": "web",
            "status": np.where(orders["sells"], "completed", "cancelled"),
            "total": orders["total"].round(4),
            "currency": CURRENCY,
        }
    )


def _order_lines(sold: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source_ts": sold["at"],
            "order_id": sold["invoice"],
            "line": sold.groupby("invoice", dropna=False, sort=False).cumcount() + 1,
            "product_id": sold["product_id"],
            "quantity": _whole(sold["quantity"]),
            "unit_price": sold["price"],
        }
    )


def _returns(taken_back: pd.DataFrame) -> pd.DataFrame:
    number = (taken_back.groupby("invoice", sort=False).cumcount() + 1).astype("string")
    return pd.DataFrame(
        {
            "source_ts": taken_back["at"],
            "return_id": taken_back["invoice"] + "-" + number,
            "customer_ref": taken_back["customer_ref"],
            "product_id": taken_back["product_id"],
            "quantity": _whole(-taken_back["quantity"]),
            "returned_at": taken_back["at"],
            "amount": (-taken_back["quantity"] * taken_back["price"]).round(4),
            "reason": np.where(taken_back["service"], "credit", "cancelled"),
        }
    )


def _whole(numbers: pd.Series) -> pd.Series:
    """Integers as integers; where the source has fractions they stay, and the contract refuses those rows."""
    return numbers.astype("Int64") if (numbers.dropna() % 1 == 0).all() else numbers


def _products(lines: pd.DataFrame, cancelled: pd.Series) -> pd.DataFrame:
    """Each code with the name and price of its latest real sale; a code that was never sold has its code for a name and costs 0."""
    seen = lines.dropna(subset=["product_id"]).sort_values("at", kind="stable")
    real = seen[~cancelled.reindex(seen.index) & (seen["price"] > 0) & (seen["quantity"] > 0)]
    named = real.dropna(subset=["name"]).groupby("product_id")["name"].last()
    products = seen.groupby("product_id").agg(last=("at", "max"), service=("service", "first")).join(named)
    products = products.join(real.groupby("product_id").agg(price=("price", "last"), sold=("at", "max")))
    name = products["name"].fillna(products.index.to_series().astype("string"))
    recent = products["sold"] >= seen["at"].max() - pd.Timedelta(days=STILL_SOLD_DAYS)
    return pd.DataFrame(
        {
            "source_ts": products["sold"].fillna(products["last"]),
            "product_id": products.index.astype("string"),
            "name": name,
            "category_l1": _categories(name, products["service"]),
            "price": products["price"].fillna(0.0),
            "currency": CURRENCY,
            "active": recent & ~products["service"],
        }
    ).reset_index(drop=True)


def _categories(name: pd.Series, service: pd.Series) -> pd.Series:
    """The last word of a name that is the last word of many names; `unknown` where there is none."""
    words = name.str.lower().str.replace(r"(?<=[a-z]{2}[^aius])s\b", "", regex=True).str.findall(r"[a-z]{3,}")
    endings = words[~service].str[-1].value_counts()
    known = {word for word, names in endings.items() if names >= SHARED_BY} - NO_CATEGORY
    last = words.map(lambda found: next((word for word in reversed(found) if word in known), "unknown"))
    return last.mask(service, "service")


def _customers(lines: pd.DataFrame) -> pd.DataFrame:
    known = lines.dropna(subset=["customer_ref"]).sort_values("at", kind="stable")
    customers = known.groupby("customer_ref", as_index=False).agg(created_at=("at", "min"), country=("country", "last"))
    return pd.DataFrame(
        {
            "source_ts": customers["created_at"],
            "customer_ref": customers["customer_ref"],
            "country": customers["country"].map(COUNTRIES),
            "created_at": customers["created_at"],
        }
    )


def consents(customers: pd.DataFrame, share: float) -> pd.DataFrame:
    """Consent of that share of the customers (the same ones every time) to every purpose on any channel, from when they were first seen."""
    drawn = pd.util.hash_array(customers["customer_ref"].to_numpy(dtype=object)) % 10_000 < round(share * 10_000)
    granting = customers[drawn]
    parts = [
        pd.DataFrame(
            {
                "consent_id": purpose + "-" + granting["customer_ref"],
                "customer_ref": granting["customer_ref"],
                "purpose": purpose,
                "channel": "any",
                "granted": True,
                "recorded_at": granting["created_at"],
                "source": "online-retail-option",
            }
        )
        for purpose in CONSENTED_PURPOSES
    ]
    return pd.concat(parts, ignore_index=True)
