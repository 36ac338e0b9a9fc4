"""Converting a lead: it becomes an account, a contact and an opportunity, in one transaction.

vtiger converts step by step and, when a step fails, deletes even the account it had only found;
here everything commits together or nothing does.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint
from sqlalchemy import exists, func, select

from contracts.errors import FieldError, invalid
from crmkit.entity import Entity
from crmkit.records import access, picklists, store
from crmkit.records.deduplication import attached
from crmkit.records.reading import rendering
from crmkit.records.relations import links
from crmkit.records.writing import numbering
from crmkit.unit_of_work import UnitOfWork
from services.sales.actions.inputs import Id, ShortText
from services.sales.entities.account import ACCOUNT, Account
from services.sales.entities.contact import CONTACT, Contact
from services.sales.entities.lead import LEAD, Lead, converted_lead_is_read_only
from services.sales.entities.opportunity import OPPORTUNITY, Opportunity
from services.sales.entities.quote import QUOTE, Quote

SALES_CYCLE = timedelta(days=30)
"""When an opportunity is expected to close if nobody says."""

TO_ACCOUNT = {
    "company": "name",
    "industry": "industry",
    "rating": "rating",
    "website": "website",
    "employees": "employees",
    "annual_revenue": "annual_revenue",
    "phone": "phone",
    "fax": "fax",
    "email": "email",
    "email_opt_out": "email_opt_out",
    "description": "description",
}
TO_CONTACT = {
    "salutation": "salutation",
    "first_name": "first_name",
    "last_name": "last_name",
    "designation": "title",
    "phone": "phone",
    "mobile": "mobile",
    "fax": "fax",
    "email": "email",
    "secondary_email": "secondary_email",
    "lead_source": "lead_source",
    "email_opt_out": "email_opt_out",
    "description": "description",
}
TO_OPPORTUNITY = {"lead_source": "lead_source", "description": "description"}
ADDRESS = ("street", "po_box", "city", "state", "code", "country")
"""The lead's address becomes the account's for bills and goods, and the contact's for mail."""

Amount = Annotated[Decimal, Constraint(ge=0, max_digits=19, decimal_places=4)]
Subject = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]


class NewOpportunity(BaseModel):
    """`name` is the company's unless given; it is expected to close in thirty days.

    `stage` is one of the opportunities' stages, the one they begin with unless given.
    """

    model_config = ConfigDict(extra="forbid")
    name: Subject | None = None
    amount: Amount | None = None
    closing_date: date | None = None
    stage: ShortText | None = None


class ConvertLead(BaseModel):
    """What the lead is to become, whose that will be, and what takes over all that hangs on it.

    An account of the company's name that the caller sees is reused. `opportunity` null: none.
    """

    model_config = ConfigDict(extra="forbid")
    account: bool = True
    contact: bool = True
    opportunity: NewOpportunity | None = NewOpportunity()
    owner_id: Id | None = None
    transfer_to: Literal["contact", "account"] | None = None


class Conversion(BaseModel):
    """What the lead has become; `account_created` is false when the account was there before."""

    lead_id: str
    account_id: str | None
    account_created: bool
    contact_id: str | None
    opportunity_id: str | None
    transferred_to: Literal["contact", "account"]


def convert_lead(uow: UnitOfWork, lead: Lead, body: ConvertLead) -> Conversion:
    """Convert the lead.

    Raises Problem 409 `lead_already_converted`; 422 when neither account nor contact is wanted,
    or when everything is to move to the one that is not.
    """
    before = rendering.state(uow.of(LEAD), lead)
    converted_lead_is_read_only(lead, before)
    target = _transfer_target(body)
    if body.owner_id is not None:
        links.check(uow, LEAD, {"owner_id": body.owner_id})
    owner_id = body.owner_id or lead.owner_id

    account = _known_account(uow, lead) if body.account else None
    created = body.account and account is None
    wanted = {ACCOUNT: created, CONTACT: body.contact, OPPORTUNITY: body.opportunity is not None}
    numbers = numbering.take_each(uow, [entity for entity, made in wanted.items() if made])
    if created:
        account = _account(uow, lead, owner_id, numbers)
    account_id = account.id if account is not None else None
    shared = {"account_id": account_id, "owner_id": owner_id, "is_converted_from_lead": True}
    contact = _contact(uow, lead, shared, numbers) if body.contact else None
    contact_id = contact.id if contact is not None else None
    shared["contact_id"] = contact_id
    opportunity_id = None
    if body.opportunity is not None:
        opportunity_id = _opportunity(uow, lead, body.opportunity, shared, numbers).id

    lead.converted, lead.converted_at = True, uow.at
    lead.account_id, lead.contact_id = account_id, contact_id
    lead.opportunity_id, lead.transferred_to = opportunity_id, target
    store.touch(uow, LEAD, lead, before, fact="converted")
    _move_on(uow, lead, (CONTACT, contact) if target == "contact" else (ACCOUNT, account))
    return Conversion(
        lead_id=lead.id,
        account_id=account_id,
        account_created=created,
        contact_id=contact_id,
        opportunity_id=opportunity_id,
        transferred_to=target,
    )


def _transfer_target(body: ConvertLead) -> Literal["contact", "account"]:
    if not body.account and not body.contact:
        detail = "a lead becomes an account, a contact or both"
        raise invalid([FieldError("/account", "required", detail)])
    if body.transfer_to is None:
        return "contact" if body.contact else "account"
    if not getattr(body, body.transfer_to):
        detail = f"no {body.transfer_to} is wanted"
        raise invalid([FieldError("/transfer_to", "unknown_value", detail)])
    return body.transfer_to


def _known_account(uow: UnitOfWork, lead: Lead) -> Account | None:
    """The account of the company's name, if there is one.

    Conversions of leads of one company take turns, so that the second finds the first's account.
    """
    name = lead.company.lower()
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"account/{name}", 0))
    uow.session.execute(select(lock))
    known = (
        select(Account)
        .where(func.lower(Account.name) == func.lower(lead.company))
        .where(Account.deleted_at.is_(None), access.visible(ACCOUNT, uow.caller))
        .order_by(Account.id)
        .limit(1)
    )
    return uow.session.scalar(known)


def _account(uow: UnitOfWork, lead: Lead, owner_id: str, numbers: Mapping[str, str]) -> Account:
    address = {
        f"{use}_{name}": getattr(lead, name) for use in ("billing", "shipping") for name in ADDRESS
    }
    values = _mapped(lead, TO_ACCOUNT) | address
    values |= {"owner_id": owner_id, "is_converted_from_lead": True}
    number = numbers[ACCOUNT.name]
    account: Account = store.insert(uow, ACCOUNT, values, source="CRM", number=number)
    return account


def _contact(
    uow: UnitOfWork, lead: Lead, shared: dict[str, Any], numbers: Mapping[str, str]
) -> Contact:
    values = _mapped(lead, TO_CONTACT) | shared
    values |= {f"mailing_{name}": getattr(lead, name) for name in ADDRESS}
    number = numbers[CONTACT.name]
    contact: Contact = store.insert(uow, CONTACT, values, source="CRM", number=number)
    return contact


def _opportunity(
    uow: UnitOfWork,
    lead: Lead,
    wanted: NewOpportunity,
    shared: dict[str, Any],
    numbers: Mapping[str, str],
) -> Opportunity:
    values = _mapped(lead, TO_OPPORTUNITY) | shared
    values |= {
        "name": wanted.name or lead.company,
        "amount": wanted.amount,
        "closing_date": wanted.closing_date or uow.at.date() + SALES_CYCLE,
        "stage": picklists.chosen(uow, OPPORTUNITY, "stage", wanted.stage, at="/opportunity"),
    }
    number = numbers[OPPORTUNITY.name]
    opportunity: Opportunity = store.insert(uow, OPPORTUNITY, values, source="CRM", number=number)
    return opportunity


def _mapped(lead: Lead, names: dict[str, str]) -> dict[str, Any]:
    return {theirs: getattr(lead, ours) for ours, theirs in names.items()}


def _move_on(uow: UnitOfWork, lead: Lead, target: tuple[Entity, Any]) -> None:
    """What hung on the lead hangs on `target`; of most leads, only one statement finds nothing."""
    quoted = exists().where(Quote.lead_id == lead.id)
    has_quotes, has_more = uow.session.execute(select(quoted, attached.hangs_on(lead.id))).one()
    if has_quotes:
        _move_quotes(uow, lead)
    if has_more:
        sides = [(uow.of(each), record) for each, record in ((LEAD, lead), target)]
        source, its = ((entity, rendering.state(entity, record)) for entity, record in sides)
        attached.move_on(uow, source, its)


def _move_quotes(uow: UnitOfWork, lead: Lead) -> None:
    """What was offered to the lead is now offered to what it became."""
    quotes = uow.session.scalars(
        select(Quote).where(Quote.lead_id == lead.id).order_by(Quote.id).with_for_update()
    )
    for quote in quotes.all():
        before = rendering.state(uow.of(QUOTE), quote)
        quote.lead_id = None
        quote.account_id = quote.account_id or lead.account_id
        quote.contact_id = quote.contact_id or lead.contact_id
        quote.opportunity_id = quote.opportunity_id or lead.opportunity_id
        store.touch(uow, QUOTE, quote, before)
