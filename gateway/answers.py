"""What composed answers look like, and what their questions take, as the API describes them."""

from typing import Annotated

from pydantic import BaseModel, WithJsonSchema
from pydantic import Field as Constraint
from pydantic.json_schema import SkipJsonSchema

from contracts.services import SERVICE_PORTS
from crmkit.bus import parked
from crmkit.records.annotations import recent, tag_changes, tags
from crmkit.records.auditing import reading, verifying
from crmkit.records.privacy import answering
from crmkit.records.reading import binned, searching
from crmkit.records.relations import naming
from crmkit.records.rights import comparing
from crmkit.records.views import shapes

Service = Annotated[str, WithJsonSchema({"type": "string", "enum": [*SERVICE_PORTS]})]


class HitThere(searching.Hit):
    """A record that was found, and the service that has it."""

    service: Service


class FoundEverywhere(BaseModel):
    """What the services found; those that did not answer in time are named."""

    items: list[HitThere]
    unavailable: list[Service]


class BinnedThere(binned.Binned):
    """A deleted record, and the service that has it."""

    service: Service


class OneBin(BaseModel):
    """What the services' bins hold; those that did not answer in time are named."""

    items: list[BinnedThere]
    next_cursor: str | None
    unavailable: list[Service]


class MetricThere(shapes.Metric):
    """A key metric, and the service that counts it."""

    service: Service


class MetricsEverywhere(BaseModel):
    """The key metrics of all services; those that did not answer in time are named."""

    items: list[MetricThere]
    unavailable: list[Service]


class ParkedAnywhere(parked.ParkedQuery):
    """Which parked events are asked for."""

    service: Service | None = Constraint(default=None, description="Only this service's.")


class ParkedThere(parked.Parked):
    """A parked event, and which service's it is if several were asked."""

    service: Service | SkipJsonSchema[None] = None


class ParkedEverywhere(BaseModel):
    """The parked events of all services; those that did not answer are named."""

    items: list[ParkedThere]
    next_cursor: str | None
    unavailable: list[Service] = []


class PublicKeys(BaseModel):
    """A set of public keys (RFC 7517)."""

    keys: list[dict[str, str]]


class NamedThere(naming.Named):
    """A record as people name it, and the service that has it."""

    service: Service


class NamedEverywhere(BaseModel):
    """Records of all services; those that did not answer are named."""

    items: list[NamedThere]
    next_cursor: str | None
    unavailable: list[Service]


class ViewedThere(recent.Viewed):
    """A record, when it was opened last, and the service that has it."""

    service: Service


class RecentEverywhere(BaseModel):
    """What the caller has opened, the latest first."""

    items: list[ViewedThere]
    unavailable: list[Service]


class CloudEverywhere(tags.Cloud):
    """The tags in use in the services that answered."""

    unavailable: list[Service]


class ChangeEverywhere(tag_changes.TagChange):
    """A change of a tag, and the services that have applied it by now."""

    applied_by: list[Service]


class ChangesEverywhere(BaseModel):
    """The changes of tags, the newest first."""

    items: list[ChangeEverywhere]
    unavailable: list[Service]


class AuditAnywhere(reading.AuditQuery):
    """Which rows of the audit."""

    limit: int = Constraint(default=25, ge=1, le=200, description="How many a page.")
    service: Service | None = Constraint(default=None, description="Only this service's.")


class ExportedAudit(reading.AuditFilter):
    """Which rows of the audit."""

    service: Service | None = Constraint(default=None, description="Only this service's.")


class AuditedThere(reading.Audited):
    """A row of the audit, and the service in which it happened."""

    service: Service


class AuditEverywhere(BaseModel):
    """The audit of the services that answered, the newest first."""

    items: list[AuditedThere]
    next_cursor: str | None
    unavailable: list[Service]


class HeadsOf(reading.HeadQuery):
    """Which heads."""

    service: Service | None = Constraint(default=None, description="Only this service's.")


class HeadThere(reading.Head):
    """The last row of a day, and the service whose it is."""

    service: Service


class HeadsEverywhere(BaseModel):
    """The heads of the services that answered, day by day."""

    items: list[HeadThere]
    unavailable: list[Service]


class VerifyOne(verifying.VerifyQuery):
    """Whose audit; a cursor goes with the service it came from."""

    service: Service | None = Constraint(default=None, description="Only this service's.")


class VerdictThere(verifying.Verdict):
    """What was found in one service."""

    service: Service


class Verdicts(BaseModel):
    """What was found in the services that answered."""

    items: list[VerdictThere]
    unavailable: list[Service]


class PersonDataEverywhere(answering.PersonData):
    """What all services have gathered of a person; those that did not answer are named."""

    unavailable: list[Service]


class ModuleDifferenceThere(comparing.ModuleDifference):
    """What would be other in a module, and the service that has it."""

    service: Service


class SimulatedFor(comparing.Affected):
    """What a user would gain and lose; modules in which nothing would be other are left out."""

    modules: list[ModuleDifferenceThere]


class SimulatedEverywhere(BaseModel):
    """What the users would gain and lose; the modules of `unavailable` services are not counted."""

    users: list[SimulatedFor]
    unavailable: list[Service]
