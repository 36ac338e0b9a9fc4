"""Reading the files: what is good is tied together, what is bad is named to the last field."""

from decimal import Decimal
from pathlib import Path

import pytest

from tandem.northwind import company
from tandem.northwind.tables import RowFault
from tandem.refusals import CannotStart
from tests.unit.northwind import small_company


def read(directory: Path, **changed: tuple[str, str]) -> company.Company:
    return company.read(small_company.write(directory, **changed))


def test_every_good_row_is_read(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.faults == []
    assert list(found.employees) == ["2", "1", "3"]
    assert [o.key for o in found.orders] == ["10250", "10251", "11077"]
    assert [[line.row for line in o.lines] for o in found.orders] == [[2, 3], [4], [5]]
    assert found.orders[0].lines[0].value.discount == Decimal("0.15")
    assert found.orders[2].value.shipped_date is None
    assert found.customers["HANAR"].value.fax is None


def test_unquoted_commas_within_a_text_do_not_split_it(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.suppliers["7"].value.company_name == "Pavlova, Ltd."
    assert found.customers["HANAR"].value.address == "Rua do Paço, 67"
    assert found.orders[0].value.ship_address == "Rua do Paço, 67"
    assert found.orders[0].value.ship_country == "Brazil"
    assert found.employees["2"].value.title == "Vice President, Sales"


def test_opening_stock_is_what_is_left_plus_what_was_shipped(tmp_path: Path) -> None:
    assert read(tmp_path).opening == {"11": 15 + 25, "42": 24 + 10 + 5}


def test_the_newest_order_says_who_serves_a_customer(tmp_path: Path) -> None:
    assert read(tmp_path).served_by() == {"HANAR": "1"}


def test_every_bad_field_of_a_row_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    found = read(tmp_path, products=("11,Outback Lager,7,1,24 bottles,15.00,15", "11,,9,1,x,-1,y"))
    assert found.faults[0] == RowFault(
        "products.csv",
        2,
        (
            ("productName", "Input should be a valid string"),
            ("supplierID", "suppliers.csv has no row '9'"),
            ("unitPrice", "Input should be greater than or equal to 0"),
            (
                "unitsInStock",
                "Input should be a valid integer, unable to parse string as an integer",
            ),
        ),
    )
    assert found.faults[1:] == [
        RowFault(
            "order-details.csv", 2, (("productID", "names row 2 of products.csv, which is bad"),)
        ),
        RowFault("orders.csv", 2, (("orderID", "is left out: row 2 of order-details.csv is bad"),)),
    ]
    assert list(found.products) == ["42"]
    assert [o.key for o in found.orders] == ["10251", "11077"]
    assert found.opening == {"42": 24 + 5}


def test_a_row_with_too_many_values_is_bad_unless_a_comma_explains_it(tmp_path: Path) -> None:
    found = read(tmp_path, shippers=("Federal Shipping", "Federal,Shipping"))
    assert str(found.faults[0]) == ("shippers.csv row 2: (row): has 4 values where 3 are expected")
    assert [f.file for f in found.faults[1:]] == ["orders.csv"] * 3
    assert found.faults[1].fields == (("shipVia", "names row 2 of shippers.csv, which is bad"),)


def test_a_key_counts_once(tmp_path: Path) -> None:
    found = read(tmp_path, shippers=("3,Federal", "3,Speedy,1\n3,Federal"))
    assert found.faults == [RowFault("shippers.csv", 3, (("(row)", "has the same key as row 2"),))]
    assert found.shippers["3"].value.company_name == "Speedy"


@pytest.mark.parametrize(
    ("manager", "reason"),
    [
        ("9", "employees.csv has no row '9'"),
        ("1", "leads to no head of the company"),
    ],
)
def test_who_reports_to_nobody_real_is_bad(tmp_path: Path, manager: str, reason: str) -> None:
    row = "555-9857,NULL,2,507"
    found = read(tmp_path, employees=(row, row.replace(",2,", f",{manager},")))
    assert found.faults[0] == RowFault("employees.csv", 2, (("reportsTo", reason),))
    assert list(found.employees) == ["2", "3"]
    assert [o.key for o in found.orders] == ["10251"]


def test_an_order_without_lines_and_a_line_without_an_order_are_bad(tmp_path: Path) -> None:
    found = read(tmp_path, order_details=("11077,42", "99999,42"))
    assert found.faults == [
        RowFault("order-details.csv", 5, (("orderID", "orders.csv has no row '99999'"),)),
        RowFault("orders.csv", 4, (("orderID", "has no line in order-details.csv"),)),
    ]


def test_bytes_that_are_no_utf_8_make_their_row_bad(tmp_path: Path) -> None:
    small_company.write(tmp_path)
    path = tmp_path / "customers.csv"
    path.write_bytes(path.read_bytes().replace("spécialités".encode(), b"sp\xe9cialit\xe9s"))
    assert company.read(tmp_path).faults == [
        RowFault("customers.csv", 3, (("companyName", "is not UTF-8"),))
    ]


def test_a_missing_file_and_a_missing_column_stop_at_once(tmp_path: Path) -> None:
    small_company.write(tmp_path, shippers=("shipperID,companyName", "id,name"))
    with pytest.raises(CannotStart, match=r"shippers\.csv lacks the columns shipperID, company"):
        company.read(tmp_path)
    (tmp_path / "shippers.csv").unlink()
    with pytest.raises(CannotStart, match=r"shippers\.csv cannot be read: No such file"):
        company.read(tmp_path)
