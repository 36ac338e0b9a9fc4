"""How an administrator shapes an entity: fields, layout, names, numbers, on and off."""

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from crmkit.doors.behaviours.behaviour import Behaviour
from crmkit.doors.requests import Answer, Call, json_answer
from crmkit.doors.routes import route
from crmkit.records import history
from crmkit.records.background.jobs import JobDocument, Work
from crmkit.records.reading import meta, query
from crmkit.records.tailoring import changing, emptying, modules, numbers, own_fields, settings
from crmkit.records.tailoring.languages import wished
from crmkit.records.tailoring.layout import Layout, blocks_of, set_layout
from crmkit.records.writing import validation
from crmkit.unit_of_work import UnitOfWork

_FIELD = {"field": "Name of the field."}
_ADMINISTRATORS = "administrators"


class Fields(BaseModel):
    """Every field of an entity, and what is set of it."""

    items: list[meta.FieldDescription]


class MetaQuery(BaseModel):
    """`language` goes before what Accept-Language says: `nl`, `zh-Hant`."""

    language: str | None = None


class Tailoring(Behaviour):
    """What is asked and changed at `/meta/{entity}`; everybody reads, administrators change."""

    works: ClassVar[Sequence[Work]] = (emptying.WORK,)

    @route("GET", "/meta/<name>", query=MetaQuery, answer=meta.Description)
    def describe_entity(self, uow: UnitOfWork, call: Call, name: str) -> Answer:
        """Fields, layout, choices and verbs of records, and what the caller may do."""
        return json_answer(meta.describe(uow, self._described(uow, name), _languages(call)))

    @route("GET", "/meta/<name>/fields", query=MetaQuery, answer=Fields)
    def list_fields(self, uow: UnitOfWork, call: Call, name: str) -> Answer:
        """Every field of records with what is set of it."""
        return json_answer(
            {"items": meta.fields(uow, uow.shown(self._described(uow, name)), _languages(call))}
        )

    @route(
        "POST",
        "/meta/<name>/fields",
        body=own_fields.NewField,
        answer=meta.FieldDescription,
        status=201,
        only=_ADMINISTRATORS,
    )
    def add_field(self, uow: UnitOfWork, call: Call, name: str) -> Answer:
        """Add a field to records, however many there are."""
        entity = self._shaped_by(uow, name)
        wish = validation.parse_body(own_fields.NewField, call.json())
        shaped = own_fields.add(uow, entity, wish)
        return json_answer(meta.field(uow, shaped, wish.name, _languages(call)), 201)

    @route(
        "PATCH",
        "/meta/<name>/fields/<field>",
        body=settings.FieldSettings,
        answer=meta.FieldDescription,
        places=_FIELD,
        only=_ADMINISTRATORS,
    )
    def change_field(self, uow: UnitOfWork, call: Call, name: str, field: str) -> Answer:
        """Set how a field of records is filled in and shown; null sets it back."""
        entity = self._shaped_by(uow, name)
        wish = validation.parse_body(settings.FieldSettings, call.json())
        shaped = own_fields.change(uow, entity, field, wish)
        return json_answer(meta.field(uow, shaped, field, _languages(call)))

    @route(
        "DELETE",
        "/meta/<name>/fields/<field>",
        answer=JobDocument,
        status=202,
        places=_FIELD,
        only=_ADMINISTRATORS,
    )
    def delete_field(self, uow: UnitOfWork, _call: Call, name: str, field: str) -> Answer:
        """Delete an own field of records with all its values, which a job then takes out."""
        return json_answer(own_fields.delete(uow, self._shaped_by(uow, name), field), 202)

    @route("GET", "/meta/<name>/layout", answer=Layout)
    def read_layout(self, uow: UnitOfWork, _call: Call, name: str) -> Answer:
        """How forms of records are laid out."""
        return json_answer({"blocks": blocks_of(self._described(uow, name))})

    @route("PUT", "/meta/<name>/layout", body=Layout, answer=Layout, only=_ADMINISTRATORS)
    def change_layout(self, uow: UnitOfWork, call: Call, name: str) -> Answer:
        """Lay forms of records out anew."""
        entity = self._shaped_by(uow, name)
        wish = validation.parse_body(Layout, call.json())
        begun = changing.begin(uow, entity)
        before = {"blocks": blocks_of(begun.entity)}
        set_layout(begun, wish)
        after = {"blocks": blocks_of(changing.again(begun).entity)}
        begun.done("layout", before, after)
        return json_answer(after)

    @route("GET", "/meta/<name>/numbering", answer=numbers.Numbering)
    def read_numbering(self, uow: UnitOfWork, _call: Call, name: str) -> Answer:
        """What numbers of records look like, and the next one."""
        return json_answer(numbers.current(uow, self._described(uow, name)))

    @route(
        "PUT",
        "/meta/<name>/numbering",
        body=numbers.Numbering,
        answer=numbers.Numbering,
        only=_ADMINISTRATORS,
    )
    def change_numbering(self, uow: UnitOfWork, call: Call, name: str) -> Answer:
        """Number records from here on."""
        entity = self._shaped_by(uow, name)
        wish = validation.parse_body(numbers.Numbering, call.json())
        return json_answer(numbers.renumber(uow, entity, wish))

    @route("GET", "/meta/<name>/module", answer=modules.Module)
    def read_module(self, uow: UnitOfWork, _call: Call, name: str) -> Answer:
        """Whether records are switched on."""
        return json_answer({"active": self._described(uow, name).tailoring.active})

    @route(
        "PUT",
        "/meta/<name>/module",
        body=modules.Module,
        answer=modules.Module,
        only=_ADMINISTRATORS,
    )
    def switch_module(self, uow: UnitOfWork, call: Call, name: str) -> Answer:
        """Switch records off, keeping them, or on."""
        entity = self._shaped_by(uow, name)
        wish = validation.parse_body(modules.Module, call.json())
        return json_answer({"active": modules.switch(uow, entity, wish).tailoring.active})

    @route("GET", "/meta/<name>/names", answer=modules.NamesByLanguage)
    def read_names(self, uow: UnitOfWork, _call: Call, name: str) -> Answer:
        """What records are called, by language."""
        return json_answer(modules.names_of(self._described(uow, name)))

    @route(
        "PUT",
        "/meta/<name>/names",
        body=modules.NamesByLanguage,
        answer=modules.NamesByLanguage,
        only=_ADMINISTRATORS,
    )
    def change_names(self, uow: UnitOfWork, call: Call, name: str) -> Answer:
        """Call records something else, by language."""
        entity = self._shaped_by(uow, name)
        wish = validation.parse_body(modules.NamesByLanguage, call.json())
        return json_answer(modules.names_of(modules.rename(uow, entity, wish)))

    @route(
        "GET",
        "/meta/<name>/history",
        query=query.Cut,
        answer=history.History,
        only=_ADMINISTRATORS,
    )
    def shaping_history(self, uow: UnitOfWork, call: Call, name: str) -> Answer:
        """Who shaped records and when, newest first."""
        entity = self._shaped_by(uow, name)
        limit = query.page_size(call.request.args.get("limit"))
        cursor = call.request.args.get("cursor")
        subject = changing.id_of(uow.service, entity)
        found = history.of_record(uow, changing.SUBJECT, subject, limit=limit, cursor=cursor)
        return json_answer(found)


def _languages(call: Call) -> tuple[str, ...]:
    asked: dict[str, Any] = call.request.args
    return wished(asked.get("language"), list(call.request.accept_languages.values()))
