"""What the gateway answers itself, from several services, as the API describes it."""

from typing import Annotated

from pydantic import BaseModel, WithJsonSchema
from pydantic import Field as Constraint
from pydantic.json_schema import SkipJsonSchema

from contracts.services import SERVICE_PORTS
from crmkit.about import About
from crmkit.bus import parked
from crmkit.records import recycle
from crmkit.records.annotations import recent, tag_changes, tags
from crmkit.records.auditing import reading, verifying
from crmkit.records.privacy import answering
from crmkit.records.reading import query, searching
from crmkit.records.relations import naming
from crmkit.records.views import shapes

Service = Annotated[str, WithJsonSchema({"type": "string", "enum": [*SERVICE_PORTS]})]

_PARKED = {"service": "The service that could not apply it.", "id": "Id of the parked event."}
_DECIDERS = "administrators"


class HitThere(searching.Hit):
    """A record that was found, and the service that has it."""

    service: Service


class FoundEverywhere(BaseModel):
    """What the services found; those that did not answer in time are named."""

    items: list[HitThere]
    unavailable: list[Service]


class BinnedThere(recycle.Binned):
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


_TAG = {"tag": "The word; its case does not matter."}

DECLARED = (
    About(
        method="GET",
        path="/key-metrics",
        name="key_metrics",
        summary="The views that are key metrics, each with the number of its records",
        answer=MetricsEverywhere,
    ),
    About(
        method="GET",
        path="/tags",
        name="tag_cloud",
        summary="The tags in use on the records that one sees, the most used first",
        answer=CloudEverywhere,
    ),
    About(
        method="GET",
        path="/tags/{tag}/records",
        name="tagged_records",
        summary="The records with a tag, of all services",
        query=query.Cut,
        answer=NamedEverywhere,
        places=_TAG,
    ),
    About(
        method="PATCH",
        path="/tags/{tag}",
        name="rename_tag",
        summary="Call a tag something else everywhere; a name that is taken merges the two",
        query=tags.WhichTag,
        body=tag_changes.TagName,
        answer=tag_changes.TagChange,
        status=202,
        places=_TAG,
    ),
    About(
        method="DELETE",
        path="/tags/{tag}",
        name="delete_tag",
        summary="Take a tag off every record everywhere",
        query=tags.WhichTag,
        answer=tag_changes.TagChange,
        status=202,
        places=_TAG,
    ),
    About(
        method="GET",
        path="/tags/changes",
        name="list_tag_changes",
        summary="The changes of tags, and which services have applied them by now",
        query=tag_changes.Newest,
        answer=ChangesEverywhere,
    ),
    About(
        method="GET",
        path="/followed",
        name="followed_records",
        summary="The records that one follows, of all services",
        query=query.Cut,
        answer=NamedEverywhere,
    ),
    About(
        method="GET",
        path="/recent",
        name="recent_records",
        summary="The records that one opened last, of all services",
        answer=RecentEverywhere,
    ),
    About(
        method="GET",
        path="/search",
        name="search",
        summary="Find records of all services by words",
        query=searching.Words,
        answer=FoundEverywhere,
    ),
    About(
        method="GET",
        path="/recycle-bin",
        name="list_recycle_bin",
        summary="The deleted records of all services that the caller may restore",
        query=recycle.BinQuery,
        answer=OneBin,
    ),
    About(
        method="GET",
        path="/parked-events",
        name="list_parked_events",
        summary="Events that could not be applied and wait for a decision",
        query=ParkedAnywhere,
        answer=ParkedEverywhere,
        only=_DECIDERS,
    ),
    About(
        method="POST",
        path="/parked-events/{service}/{id}/retry",
        name="retry_parked_event",
        summary="Apply it again now",
        answer=parked.Parked,
        places=_PARKED,
        choices={"service": tuple(SERVICE_PORTS)},
        only=_DECIDERS,
    ),
    About(
        method="POST",
        path="/parked-events/{service}/{id}/discard",
        name="discard_parked_event",
        summary="Leave it unapplied",
        answer=parked.Parked,
        places=_PARKED,
        choices={"service": tuple(SERVICE_PORTS)},
        only=_DECIDERS,
    ),
    About(
        method="GET",
        path="/audit",
        name="read_audit",
        summary="The audit of all services, the newest first",
        query=AuditAnywhere,
        answer=AuditEverywhere,
        only=_DECIDERS,
    ),
    About(
        method="GET",
        path="/audit/export",
        name="export_audit",
        summary="The audit of all services as a table",
        query=ExportedAudit,
        answer=bytes,
        gives=("text/csv",),
        only=_DECIDERS,
    ),
    About(
        method="GET",
        path="/audit/heads",
        name="audit_heads",
        summary="The last row of each service's day, to be kept elsewhere",
        query=HeadsOf,
        answer=HeadsEverywhere,
        only=_DECIDERS,
    ),
    About(
        method="GET",
        path="/audit/verify",
        name="verify_audit",
        summary="Find the first row of each service's audit that is not as it was written",
        query=VerifyOne,
        answer=Verdicts,
        only=_DECIDERS,
    ),
    About(
        method="GET",
        path="/person-data/{id}",
        name="person_data",
        summary="Everything that was gathered of a person for a privacy request",
        answer=PersonDataEverywhere,
        places={"id": "Id of the privacy request."},
        only=_DECIDERS,
    ),
    About(
        method="GET",
        path="/jwks",
        name="public_keys",
        summary="The public keys of access tokens, for partners that verify them",
        answer=PublicKeys,
        public=True,
    ),
)
