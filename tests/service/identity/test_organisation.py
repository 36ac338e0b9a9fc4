"""Currencies, taxes and the organisation itself."""


def refusal(answer):
    return answer.status_code, answer.json()["code"]


def base(admin):
    (currency,) = admin("GET", "/currencies?filter[is_base]=true").json()["items"]
    return currency


def test_the_base_currency_that_is_shipped(admin):
    currency = base(admin)
    assert (currency["code"], currency["symbol"], currency["decimals"]) == ("USD", "$", 2)
    assert (currency["conversion_rate"], currency["active"]) == ("1", True)


def test_the_base_currency_stays_the_measure_of_all_others(admin, errors):
    path = f"/currencies/{base(admin)['id']}"
    answer = admin("PATCH", path, {"conversion_rate": "2", "active": False})
    assert errors(answer) == [("/conversion_rate", "base_currency"), ("/active", "base_currency")]
    assert errors(admin("PATCH", path, {"is_base": False})) == [("/is_base", "read_only")]
    assert refusal(admin("DELETE", path)) == (409, "base_currency")


def test_another_currency_has_a_code_a_rate_and_its_own_decimals(admin, errors):
    yen = {"code": "JPY", "name": "Yen", "symbol": "¥", "decimals": 0, "conversion_rate": "157.21"}
    made = admin("POST", "/currencies", yen)
    assert made.status_code == 201
    assert (made.json()["conversion_rate"], made.json()["is_base"]) == ("157.21", False)
    assert errors(admin("POST", "/currencies", yen)) == [("/code", "not_unique")]
    wrong = {"code": "eur", "name": "Euro", "conversion_rate": "0"}
    assert errors(admin("POST", "/currencies", wrong)) == [
        ("/code", "invalid"),
        ("/conversion_rate", "out_of_range"),
    ]
    path = f"/currencies/{made.json()['id']}"
    assert admin("PATCH", path, {"active": False}).json()["active"] is False
    assert admin("DELETE", path).status_code == 204


def test_the_taxes_that_are_shipped(admin):
    taxes = admin("GET", "/taxes?sort=name").json()["items"]
    rates = {tax["name"]: (tax["rate"], tax["method"], tax["active"]) for tax in taxes}
    assert (
        rates.items()
        >= {
            "VAT": ("4.5", "simple", True),
            "Sales": ("10", "simple", True),
            "Service": ("12.5", "simple", True),
        }.items()
    )


def test_a_compound_tax_names_what_it_builds_on_and_no_other_does(admin, errors):
    gst = {"name": "QST", "rate": "9.975", "method": "compound", "compound_on": ["VAT"]}
    assert admin("POST", "/taxes", gst).json()["compound_on"] == ["VAT"]
    for body, fault in (
        ({"method": "compound"}, ("/compound_on", "required")),
        ({"compound_on": ["VAT"]}, ("/compound_on", "unexpected_value")),
        ({"method": "compound", "compound_on": ["Odd"]}, ("/compound_on", "cycle")),
        ({"rate": "100.01"}, ("/rate", "out_of_range")),
        ({"name": "QST"}, ("/name", "not_unique")),
    ):
        answer = admin("POST", "/taxes", {"name": "Odd", "rate": "1"} | body)
        assert errors(answer) == [fault]


def test_there_is_one_organisation_to_be_described(admin, errors):
    (organisation,) = admin("GET", "/organisations").json()["items"]
    path = f"/organisations/{organisation['id']}"
    changed = admin("PATCH", path, {"name": "Northwind Traders", "fiscal_year_start_month": 4})
    assert changed.json()["name"] == "Northwind Traders"
    assert errors(admin("PATCH", path, {"fiscal_year_start_month": 13})) == [
        ("/fiscal_year_start_month", "less_than_equal")
    ]
    assert refusal(admin("POST", "/organisations", {"name": "Second"})) == (
        405,
        "method_not_allowed",
    )
    assert refusal(admin("DELETE", path)) == (405, "method_not_allowed")
