"""What a service hears and does about it: handlers that work as actions do, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from contracts.caller import system_caller
from contracts.events import identity
from contracts.events.base import Event
from contracts.events.ownership import REPEATED, STARTED
from contracts.events.privacy import ASKED
from contracts.events.records import LINK_ENDED, LINK_MADE, PURGED
from contracts.events.tags import TAG_REPLACED
from crmkit.bus.subscription import Subscription
from crmkit.entity import Entity
from crmkit.facts import PICKLIST_FACTS
from crmkit.records import currencies, ended_sessions, ownership, principals
from crmkit.records.annotations import tag_changes
from crmkit.records.deduplication import relinking
from crmkit.records.privacy import answering
from crmkit.records.relations import links, record_links
from crmkit.records.writing import journal
from crmkit.unit_of_work import UnitOfWork

Handler = Callable[[UnitOfWork, Sequence[Event]], None]


@dataclass(frozen=True, slots=True)
class Hears:
    """A subscription as a service declares it; see `bus.subscription.Subscription`."""

    name: str
    patterns: tuple[str, ...]
    handle: Handler
    batch: int = 100
    by_version: bool = False
    picklists: Handler | None = None


def hears(
    name: str,
    patterns: Sequence[str],
    handle: Handler,
    *,
    batch: int = 100,
    by_version: bool = False,
    picklists: Handler | None = None,
) -> Hears:
    """Call `handle(uow, events)` for what matches; what it writes is journalled with it.

    What entities tell of their picklists goes to `picklists`, before all else, if it is there.
    """
    return Hears(name, tuple(patterns), handle, batch, by_version, picklists)


def subscription(
    heard: Hears, service: str, entities: Callable[[Session], Mapping[str, Entity]]
) -> Subscription:
    """The bus's subscription that runs `heard` in a unit of work of this service.

    `entities` answers the service's own by name, as administrators have shaped them by now.
    """

    def handle(session: Session, events: Sequence[Event]) -> None:
        uow = UnitOfWork(session, system_caller(), service, entities(session))
        of_picklists = [event for event in events if _tells_of_a_picklist(event)]
        if heard.picklists is not None and of_picklists:
            heard.picklists(uow, of_picklists)
        if others := [event for event in events if not _tells_of_a_picklist(event)]:
            heard.handle(uow, others)
        journal.write(uow)

    return Subscription(heard.name, heard.patterns, handle, heard.batch, heard.by_version)


def _tells_of_a_picklist(event: Event) -> bool:
    return event.type.split(".")[-2] in PICKLIST_FACTS


def _know_people(uow: UnitOfWork, events: Sequence[Event]) -> None:
    principals.apply_people(uow.session, events)
    ended_sessions.apply_ended(uow.session, events)


PEOPLE = hears(
    "people",
    (
        identity.USER,
        identity.ROLE,
        identity.PROFILE,
        identity.GROUP,
        identity.SHARING_RULE,
        identity.SIGNING_KEYS,
        identity.ORGANISATION,
        identity.SESSION_ENDED,
    ),
    _know_people,
)
"""Who exists and may do what, by which days they count, and which tokens count."""

TAG_CHANGES = hears("tags", (TAG_REPLACED,), tag_changes.hear)
"""Tags that were renamed, merged or deleted in every service."""

LINKED = hears("record_links", (LINK_MADE, LINK_ENDED, PURGED), record_links.hear)
"""Links by hand between records of this service and others'."""

PRIVACY = hears("privacy", (ASKED,), answering.hear, batch=1)
"""People who want to be given, or have erased, what is kept of them."""

OWNERSHIP = hears("ownership", (STARTED, REPEATED), ownership.hear)
"""Users who leave, and who gets their records."""

EVERY_SERVICE = (PEOPLE, TAG_CHANGES, LINKED, PRIVACY, OWNERSHIP)
"""What no service can do without."""

CURRENCIES = hears(
    "currencies",
    (identity.CURRENCY,),
    lambda uow, events: currencies.apply_currencies(uow.session, events),
)
"""For services that price documents."""


def links_to(
    labels: Mapping[str, Sequence[str]],
    *patterns: str,
    within: Mapping[str, str] = links.NO_PARENTS,
) -> Hears:
    """Keep what links of this service may point at; `labels` names each entity's label fields.

    `within` names, by entity, the field that says to what a record belongs: `account_id` of a
    contact puts the contact's records into the lists of the account.
    """

    def handle(uow: UnitOfWork, events: Sequence[Event]) -> None:
        relinking.follow(uow, links.apply_labels(uow.session, events, labels, within))

    return hears("links", patterns, handle, by_version=True)
