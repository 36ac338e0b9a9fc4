"""How a service shows its routes: decorated record verbs, and actions declared in one line each."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from werkzeug.wrappers import Request, Response

from contracts.errors import Problem, bad_request
from crmkit.about import About, summary_of
from crmkit.doors.http import HttpDoor
from crmkit.doors.perform import respond
from crmkit.doors.requests import Answer, Call, problem_answer, record_answer
from crmkit.entity import Entity
from crmkit.records import access, scopes, store
from crmkit.records.reading import rendering
from crmkit.records.writing import discretion, validation
from crmkit.unit_of_work import UnitOfWork

Returns = Entity | type[BaseModel] | None

ADMINISTRATORS = "administrators"
"""What About says of what only they may do."""
_NOT_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Action:
    """A business verb as the API shows it; `{id}` in `path` is the record's id or number, or
    without an `entity` what `run` takes it for.

    A Problem that `run` raises undoes what it did; one that it returns refuses just the same, but
    what was written about it stays. What is `personal` is not for API keys; what has `any_scope`
    is for each of them, though it belongs to no entity. `administering` says in words what
    administrators alone may do, if it is that.
    """

    method: str
    path: str
    run: Callable[..., Any]
    entity: Entity | None = None
    verb: str = ""
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    returns: Returns = None
    status: int = 200
    public: bool = False
    personal: bool = False
    any_scope: bool = False
    administering: str = ""
    refuses: tuple[int, ...] = ()

    @property
    def about(self) -> About:
        """The same, as the API describes it."""
        words = f"{self.method.lower()}{self.path}".replace("/{id}", "")
        return About(
            method=self.method,
            path=self.path,
            name=_NOT_WORD.sub("_", words),
            summary=summary_of(self.run),
            body=self.body,
            query=self.query,
            answer=self.returns,
            status=204 if self.returns is None else self.status,
            places={"id": "Id or number of the record."},
            verb=self.verb or "view",
            checked=self.entity is not None,
            entity=self.entity,
            public=self.public,
            only=ADMINISTRATORS if self.administering else "",
            refuses=self.refuses,
        )

    def operate(self, uow: UnitOfWork, call: Call, key: str | None) -> Answer:
        """Fetch the record if there is one, read what was sent, run, answer."""
        given = self._given(uow, call, key)
        if self.entity is None:
            result = self.run(*given)
        else:
            with discretion.kept(uow, self.entity):
                result = self.run(*given)
        if result is None:
            return Answer(204)
        if isinstance(result, Problem):
            return problem_answer(result, call.request_id)
        if isinstance(self.returns, Entity):
            uow.session.flush()
            return record_answer(uow, self.returns, result, self.status)
        if isinstance(result, BaseModel):
            result = result.model_dump()
        return Answer(self.status, rendering.to_json(result))

    def _given(self, uow: UnitOfWork, call: Call, key: str | None) -> list[Any]:
        """What `run` takes. Raises Problem for what is missing, wrong, or not the caller's."""
        given: list[Any] = [uow]
        if self.personal:
            scopes.require_person(uow.caller)
        if self.administering:
            access.require_administrator(uow.caller, self.administering)
        if self.entity is not None and key is not None:
            access.require(uow.of(self.entity), uow.caller, self.verb)
            given.append(store.fetch(uow, self.entity, key, self.verb, if_match=call.if_match))
        elif key is not None:
            given.append(key)
        if self.body is not None:
            given.append(validation.parse_body(self.body, call.json()))
            if self.public:
                call.refuse_flaws()  # before anything is done for a stranger that costs or counts
        if self.query is not None:
            given.append(parse_query(self.query, call.arguments))
        return given


def parse_query(shape: type[BaseModel], arguments: Sequence[tuple[str, str]]) -> Any:
    """A query string as the pydantic model `shape`. Raises Problem 400 naming what is wrong."""
    try:
        return shape.model_validate(dict(arguments))
    except ValidationError as failure:
        errors = validation.field_errors(failure)
        raise bad_request("bad_query", "The query string cannot be understood.", errors) from None


def get(path: str, run: Callable[..., Any], **about: Any) -> Any:
    """A question: `run(uow)` or `run(uow, query)`; `about` are the fields of Action."""
    return _declared(Action("GET", path, run, **about))


def post(path: str, run: Callable[..., Any], **about: Any) -> Any:
    """A business verb: `run(uow, record, body)`, without the record if no `entity` is given."""
    return _declared(Action("POST", path, run, **about))


def patch(path: str, run: Callable[..., Any], **about: Any) -> Any:
    """A change: `run(uow, record, body)`, or `run(uow, id, body)` if no `entity` is given."""
    return _declared(Action("PATCH", path, run, **about))


def delete(path: str, run: Callable[..., Any], **about: Any) -> Any:
    """Away with it: `run(uow, record)`, or `run(uow, id)` if no `entity` is given."""
    return _declared(Action("DELETE", path, run, **about))


def _declared(action: Action) -> Any:
    if action.entity is not None and not action.entity.allows(action.verb):
        raise TypeError(f"{action.path}: {action.entity.name} has closed {action.verb}")

    def method(self: Any, request: Request, **values: str) -> Response:
        def operation(uow: UnitOfWork, call: Call) -> Answer:
            return action.operate(uow, call, values.get("id"))

        return respond(
            self.context,
            request,
            action.path,
            operation,
            public=action.public,
            whole=action.entity is None and not action.personal and not action.any_scope,
        )

    method.__doc__ = action.run.__doc__
    method.action = action.about  # type: ignore[attr-defined]
    url = action.path.replace("{", "<").replace("}", ">")
    return HttpDoor.decorator(action.method, url)(method)


def route(
    http_method: str,
    path: str,
    *,
    public: bool = False,
    reading: bool = False,
    needs: Sequence[str] | None = None,
    administering: str = "",
    **about: Any,
) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    """Decorator of a record verb: `verb(self, uow, call, **path) -> Answer`.

    A POST that only asks is `reading`; `about` are the fields of About that the verb's name and
    docstring do not tell. Before anything that was sent is looked at, the caller must have the
    verbs that it `needs` of the entity in `path`, which is its `verb` unless said; and be an
    administrator if `administering` says what only they may do.
    """
    if administering:
        about["only"] = ADMINISTRATORS
    verbs = (about.get("verb", "view"),) if needs is None else needs

    def decorate(operate: Callable[..., Answer]) -> Callable[..., Response]:
        def method(self: Any, request: Request, **values: str) -> Response:
            def operation(uow: UnitOfWork, call: Call) -> Answer:
                if administering:
                    access.require_administrator(uow.caller, administering)
                entity = self.context.entity_of(values["plural"]) if "plural" in values else None
                if entity is not None:
                    for verb in verbs:
                        access.require(uow.of(entity), uow.caller, verb)
                return operate(self, uow, call, **values)

            return respond(
                self.context,
                request,
                path,
                operation,
                public=public,
                reading=reading,
                whole="<plural>" not in path and "<name>" not in path,
            )

        method.__doc__ = operate.__doc__
        method.about = about and About(  # type: ignore[attr-defined]
            method=http_method,
            path=path,
            name=operate.__name__,
            summary=summary_of(operate),
            public=public,
            reading=reading,
            **about,
        )
        HttpDoor.decorator(http_method, path)(method)
        return method

    return decorate


def ops_route(path: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Decorator of what every process answers, whichever doors it has."""

    def decorate(method: Callable[..., Response]) -> Callable[..., Response]:
        HttpDoor.decorator("GET", path, door="ops")(method)
        return method

    return decorate
