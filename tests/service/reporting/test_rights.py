"""Reports under rights: hidden fields are in no figure, and what rules share below is in each."""

import pytest

from crmkit.unit_of_work import new_id
from tests.kit.rights.conftest import Company
from tests.service.reporting.conftest import line, opportunity, order
from tests.service.served import record, serving

CHAI = "01990000-0000-7000-8000-0000000000c1"
ALL = {"active": True, "verbs": ["*"]}
NO_OPPORTUNITIES = {"opportunities": 0, "amount": "0.00", "forecast_amount": "0.00"}
NO_ORDERS = {"orders": 0, "units": "0", "shipped_units": "0", "amount": "0.00"}


class Reported(Company):
    """A company of which reporting is told, and what its people read there."""

    def hear(self, entity, record_id=None, **state):
        record_id = record_id or new_id()
        service = "inventory" if entity == "product" else "sales"
        kind = f"crm.{service}.{entity}.changed.v1"
        assert self.service.hear(
            "facts", record(kind, record_id, next(self._versions), **state)
        ) == ["applied"]
        return record_id

    def somebody(self, role_id=None, **fields):
        """Somebody from whom these fields are hidden, by module."""
        hidden = {m: {**ALL, "fields": dict.fromkeys(n, "hidden")} for m, n in fields.items()}
        kept = self.profile(modules=hidden)
        return self.user(role_id or self.role(profile_ids=[kept]))

    def pipeline(self, user, by="stage", **more):
        return self.service.as_(user).get(f"/reports/pipeline?group_by={by}", **more)

    def sales(self, user, by="month", **more):
        return self.service.as_(user).get(f"/reports/sales?group_by={by}", **more)

    def counts(self, user):
        rows = self.service.as_(user).get("/reports/records")["rows"]
        return {row["entity"]: row["records"] for row in rows}


@pytest.fixture(scope="module")
def served():
    with serving("reporting") as service:
        currency = {"code": "USD", "decimals": 2, "conversion_rate": "1"}
        told = {**currency, "is_base": True, "active": True}
        service.hear("currencies", record("crm.identity.currency.created.v1", new_id(), **told))
        yield Reported(service)


@pytest.fixture
def company(served):
    """Whose opportunities, orders and accounts begin anew."""
    for table in ("fact", "pipeline_summary", "sales_summary", "record_summary"):
        served.service.sql(f"TRUNCATE {table}")
    served.hear("product", CHAI, number="PRO1", name="Chai", owner_id=new_id())
    yield served
    served.clear()


def test_a_hidden_field_is_in_no_figure_and_no_order(company):
    plain, kept = company.somebody(), company.somebody(opportunity=["amount"])
    company.default(opportunity="public_read")
    for owner, amount, forecast in ((kept, "1.00", "0.10"), (plain, "9.00", "0.90")):
        company.hear("opportunity", **opportunity(owner=owner, amount=amount, forecast=forecast))
    rows = company.pipeline(plain, "owner")["rows"]
    assert [(row["key"], row["amount"]) for row in rows] == [(plain, "9.00"), (kept, "1.00")]
    report = company.pipeline(kept, "owner")
    figures = {
        key: {"opportunities": 1, "amount": None, "forecast_amount": forecast}
        for key, forecast in sorted(((kept, "0.10"), (plain, "0.90")))
    }
    assert report["rows"] == [{"key": k, "label": "Sam"} | of for k, of in figures.items()]
    totals = {"opportunities": 2, "amount": None, "forecast_amount": "1.00"}
    assert (report["totals"], company.pipeline(kept)["totals"]) == (totals, totals)


@pytest.mark.parametrize(
    ("hidden", "refused"),
    [
        ("stage", {"stage"}),
        ("owner_id", {"owner"}),
        ("stage_class", {"stage", "owner"}),
        ("probability", set()),
    ],
)
def test_no_pipeline_is_grouped_by_a_hidden_field(company, hidden, refused):
    user = company.somebody(opportunity=[hidden])
    for by in ("stage", "owner"):
        problem = company.pipeline(user, by, status=403 if by in refused else 200)
        if by in refused:
            detail = f"Your profile hides what this report rests on: opportunity.{hidden}."
            assert problem["detail"] == detail


@pytest.mark.parametrize(
    ("hidden", "figure", "refused"),
    [
        ("lines.after_discount", "amount", set()),
        ("lines.quantity", "units", set()),
        ("lines.shipped_quantity", "shipped_units", set()),
        ("lines.product_id", None, {"product"}),
        ("account_id", None, {"account"}),
        ("order_date", None, {"month"}),
        ("owner_id", None, {"owner"}),
        ("status", None, {"month", "product", "account", "owner"}),
    ],
)
def test_sales_without_what_a_profile_hides(company, hidden, figure, refused):
    user = company.somebody(sales_order=[hidden])
    company.hear("sales_order", **order([line(CHAI, "3", shipped="1")], owner=user))
    figures = {"orders": 1, "units": "3", "shipped_units": "1", "amount": "10.00"}
    shown = {name: None if name == figure else value for name, value in figures.items()}
    for by in ("month", "product", "account", "owner"):
        report = company.sales(user, by, status=403 if by in refused else 200)
        if by not in refused:
            (row,) = report["rows"]
            assert ({name: row[name] for name in figures}, report["totals"]) == (shown, shown)


@pytest.fixture
def shared(company):
    """An account of one role, and what others have below it; readers are of a role beside.

    Each is somebody new, whom no process remembers.
    """
    mine, yours = company.role(), company.role()
    owner, stranger = company.user(mine), company.user(company.role())
    account = company.hear("account", number="ACC1", name="Alpha", owner_id=owner)
    below = opportunity(owner=stranger, account_id=account)
    deal = company.hear("opportunity", **below)
    company.hear("sales_order", **order([line(CHAI, "3")], owner=stranger, account=account))
    company.hear("opportunity", **opportunity(owner=stranger, account_id=new_id()))
    company.hear("ticket", title="T", number="T1", owner_id=stranger, account_id=account)
    return {
        "parties": (("role", mine), ("role", yours)),
        "account": account,
        "deal": (deal, below),
        "reader": lambda: company.user(yours),
        "stranger": stranger,
    }


RELATED = [{"module": module, "access": "read"} for module in ("opportunity", "sales_order")]
DEAL = {"opportunities": 1, "amount": "100.00", "forecast_amount": "10.00"}
ORDER = {"orders": 1, "units": "3", "shipped_units": "0", "amount": "10.00"}


def test_what_lies_below_a_shared_record_is_in_reports(company, shared):
    reader, stranger = shared["reader"], shared["stranger"]
    assert company.pipeline(reader())["totals"] == NO_OPPORTUNITIES
    rule = company.rule("account", *shared["parties"], related=RELATED)
    for by, key, label in (("stage", "Prospecting", "Prospecting"), ("owner", stranger, "Sam")):
        report = company.pipeline(reader(), by)
        assert report["rows"] == [{"key": key, "label": label} | DEAL]
        assert report["totals"] == DEAL
    for by, key, label in (
        ("month", "2026-02", "2026-02"),
        ("product", CHAI, "Chai"),
        ("account", shared["account"], "Alpha"),
        ("owner", stranger, "Sam"),
    ):
        report = company.sales(reader(), by)
        assert report["rows"] == [{"key": key, "label": label} | ORDER]
        assert report["totals"] == ORDER
    seen = {"account": 1, "opportunity": 1, "product": 1, "sales_order": 1}
    assert company.counts(reader()) == seen
    assert company.counts(stranger) == {"opportunity": 2, "product": 1, "sales_order": 1} | {
        "ticket": 1
    }
    company.rule("account", *shared["parties"], rule_id=rule)
    assert company.pipeline(reader())["totals"] == NO_OPPORTUNITIES
    assert company.sales(reader())["totals"] == NO_ORDERS
    assert company.counts(reader()) == {"account": 1, "product": 1}


def test_it_is_there_once_and_only_while_it_lies_below(company, shared):
    deal, below = shared["deal"]
    company.rule("account", *shared["parties"], related=RELATED)
    reader = shared["reader"]()
    mine = opportunity(owner=reader, account_id=shared["account"], amount="1.00", forecast="1.00")
    own = company.hear("opportunity", **mine)
    both = {"opportunities": 2, "amount": "101.00", "forecast_amount": "11.00"}
    assert company.pipeline(reader)["totals"] == both
    company.hear("opportunity", deal, **below | {"account_id": new_id()})
    alone = {"opportunities": 1, "amount": "1.00", "forecast_amount": "1.00"}
    assert company.pipeline(reader)["totals"] == alone
    company.hear("opportunity", deal, **below)
    company.hear("opportunity", own, **mine | {"stage": "Closed Won", "stage_class": "won"})
    assert company.pipeline(reader)["totals"] == DEAL
    moved = {"number": "ACC1", "name": "Alpha", "owner_id": shared["stranger"]}
    company.hear("account", shared["account"], **moved)
    assert company.pipeline(reader)["totals"] == NO_OPPORTUNITIES


def test_an_account_that_one_does_not_see_has_no_name(company, shared):
    """Nor has a product of which one's profile shows nothing."""
    kept = company.profile(modules={"product": {"active": False, "verbs": [], "fields": {}}})
    company.change_role(shared["parties"][1][1], profile_ids=[kept])
    reader = shared["reader"]()
    company.hear("sales_order", **order([line(CHAI)], owner=reader, account=shared["account"]))
    for by, key in (("account", shared["account"]), ("product", CHAI)):
        (row,) = company.sales(reader, by)["rows"]
        assert (row["key"], row["label"]) == (key, key)


def test_what_has_no_owner_counts_for_everybody_who_may_view_it(company):
    kept = company.profile(modules={"product": {"active": False, "verbs": [], "fields": {}}})
    assert company.counts(company.somebody()) == {"product": 1}
    assert company.counts(company.user(company.role(profile_ids=[kept]))) == {}
