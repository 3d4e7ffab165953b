"""The Online Retail example: every invoice line lands once, by the rules that its README lists."""

import os
from pathlib import Path

import pandas as pd
import pytest

from examples.online_retail.convert import COLUMNS, convert, main, read
from examples.online_retail.tables import Tables, consents, tables
from omnichannel.contracts.datasets import dataset_of

REAL = Path(os.environ.get("REAL_DATA", Path(__file__).parents[3] / "shared" / "data")) / "online_retail.parquet"
"""Real files lie beside the checkout or where REAL_DATA says; none of them is part of the repository."""


def invoice(
    number: str,
    code: str,
    quantity: float,
    price: float,
    *,
    at: str = "2011-03-01 10:00",
    customer: float | None = 17850,
    name: str | None = "RED MUG",
    country: str = "France",
) -> tuple[object, ...]:
    return number, code, name, quantity, pd.Timestamp(at), price, customer, country


def made_of(*invoices: tuple[object, ...]) -> Tables:
    return tables(pd.DataFrame(invoices, columns=list(COLUMNS)))


def test_an_invoice_is_an_order_with_numbered_lines_and_a_total() -> None:
    made = made_of(invoice("536365", "71053", 6, 3.39), invoice("536365", "22752", 2, 7.65))

    assert made.orders[["order_id", "customer_ref", "total", "status"]].to_dict("records") == [
        {"order_id": "536365", "customer_ref": "17850", "total": 35.64, "status": "completed"}
    ]
    assert list(made.order_lines["line"]) == [1, 2]


def test_a_cancellation_is_a_return_with_positive_quantity_and_amount() -> None:
    made = made_of(invoice("C536391", "22556", -12, 1.65))

    assert made.returns[["return_id", "quantity", "amount", "reason"]].to_dict("records") == [
        {"return_id": "C536391-1", "quantity": 12, "amount": 19.8, "reason": "cancelled"}
    ]
    assert made.orders.empty


def test_a_credited_fee_is_told_from_goods_that_came_back() -> None:
    made = made_of(invoice("C536379", "D", -1, 27.5, name="Discount"))

    assert list(made.returns["reason"]) == ["credit"]


@pytest.mark.parametrize(("number", "quantity", "price"), [("536589", -10, 0.0), ("536414", 56, 0.0), ("A563185", 1, 11062.06)])
def test_an_invoice_that_sells_nothing_is_a_cancelled_order(number: str, quantity: float, price: float) -> None:
    made = made_of(invoice(number, "21777", quantity, price, customer=None))

    assert list(made.orders["status"]) == ["cancelled"]


def test_a_line_without_a_customer_is_an_order_without_one() -> None:
    made = made_of(invoice("536544", "21773", 1, 2.51, customer=None))

    assert made.orders["customer_ref"].isna().all()
    assert made.customers.empty


def test_every_line_lands_exactly_once() -> None:
    twice = invoice("1", "A", 1, 1.0)
    made = made_of(twice, twice, invoice("C2", "A", -1, 1.0), invoice("3", "A", -4, 0.0), invoice("4", "POST", 1, 18.0))

    assert len(made.order_lines) + len(made.returns) == 5


def test_a_product_has_the_name_and_price_of_its_latest_sale() -> None:
    made = made_of(
        invoice("1", "85123a", 1, 2.55, name="WHITE HOLDER"),
        invoice("2", "85123A", 1, 2.95, at="2011-06-01", name="CREAM HOLDER"),
        invoice("3", "85123A", -3, 0.0, at="2011-07-01", name="damaged"),
    )

    assert made.products[["product_id", "name", "price", "active"]].to_dict("records") == [
        {"product_id": "85123A", "name": "CREAM HOLDER", "price": 2.95, "active": True}
    ]


def test_a_category_is_the_last_word_that_many_names_end_in() -> None:
    mugs = [invoice(str(n), f"M{n}", 1, 1.0, name=f"PATTERN {n} MUGS") for n in range(15)]
    made = made_of(
        *mugs,
        invoice("90", "X", 1, 1.0, name="MUG SMALL RED"),
        invoice("91", "Y", 1, 1.0, name="ODD THING"),
        invoice("92", "POST", 1, 18.0, name="POSTAGE"),
    )

    assert dict(zip(made.products["product_id"], made.products["category_l1"], strict=True)) == {
        **{f"M{n}": "mug" for n in range(15)},
        "X": "mug",
        "Y": "unknown",
        "POST": "service",
    }


def test_a_service_is_never_offered() -> None:
    made = made_of(invoice("1", "POST", 1, 18.0, name="POSTAGE"))

    assert list(made.products["active"]) == [False]


def test_a_customer_is_known_from_the_first_invoice_with_the_latest_country() -> None:
    made = made_of(invoice("1", "A", 1, 1.0, at="2011-05-01", country="EIRE"), invoice("2", "A", 1, 1.0, at="2011-01-01"))

    assert made.customers[["customer_ref", "country", "created_at"]].to_dict("records") == [
        {"customer_ref": "17850", "country": "IE", "created_at": pd.Timestamp("2011-01-01")}
    ]


@pytest.mark.parametrize(("share", "customers"), [(0.0, 0), (1.0, 1_000)])
def test_consent_is_what_the_option_says(share: float, customers: int) -> None:
    known = pd.DataFrame({"customer_ref": [str(n) for n in range(1_000)], "created_at": pd.Timestamp("2011-01-01")})

    assert consents(known, share)["customer_ref"].nunique() == customers


def test_a_share_of_consents_is_the_same_choice_every_time() -> None:
    known = pd.DataFrame({"customer_ref": [str(n) for n in range(1_000)], "created_at": pd.Timestamp("2011-01-01")})

    first, second = consents(known, 0.8), consents(known.iloc[::-1], 0.8)

    assert 750 < first["customer_ref"].nunique() < 850
    assert set(first["customer_ref"]) == set(second["customer_ref"])


def test_files_have_the_contracts_columns_under_its_prefixes(tmp_path: Path) -> None:
    lines = pd.DataFrame([invoice("1", "A", 1, 1.0), invoice("C2", "A", -1, 1.0)], columns=list(COLUMNS))

    convert(lines, tmp_path / "landing", 1.0)
    missing = []
    for path in (tmp_path / "landing").rglob("*.csv"):
        dataset = dataset_of(path.relative_to(tmp_path / "landing").as_posix())
        header = path.read_text().splitlines()[0].replace('"', "").split(",")
        missing += [name for name in dataset.required if name not in header]

    assert missing == []


def test_a_file_that_is_something_else_is_refused_with_what_it_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.csv").write_text("InvoiceNo,Colour\n1,red\n")

    code = main(["--source", str(tmp_path / "other.csv"), "--landing", str(tmp_path / "landing")])

    assert code == 2
    assert "lacks the columns StockCode" in capsys.readouterr().err


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(FileExistsError, match="not empty"):
        convert(pd.DataFrame([invoice("1", "A", 1, 1.0)], columns=list(COLUMNS)), tmp_path, 1.0)


def test_without_consents_the_summary_says_what_will_happen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "lines.csv"
    pd.DataFrame([invoice("1", "A", 1, 1.0)], columns=list(COLUMNS)).to_csv(source, index=False)

    code = main(["--source", str(source), "--landing", str(tmp_path / "landing")])

    assert code == 0
    assert "no-consent" in capsys.readouterr().out


def test_the_successors_column_names_are_understood(tmp_path: Path) -> None:
    named = [{"InvoiceNo": "Invoice", "UnitPrice": "Price", "CustomerID": "Customer ID"}.get(name, name) for name in COLUMNS]
    pd.DataFrame([invoice("1", "A", 1, 1.0)], columns=named).to_csv(tmp_path / "ii.csv", index=False)

    assert tuple(read(tmp_path / "ii.csv").columns) == COLUMNS


@pytest.mark.skipif(not REAL.exists(), reason=f"no {REAL}; REAL_DATA names the folder with the real files")
def test_the_real_file_lands_whole(tmp_path: Path) -> None:
    rows = convert(read(REAL), tmp_path / "landing", 0.0)

    assert rows["sales/order_lines"] + rows["sales/returns"] == 541_909
    assert (rows["sales/orders"], rows["crm/customers"]) == (22_064, 4_372)
