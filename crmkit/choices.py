"""A picklist as the engine sees it: its values in their order, and the names they had before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Text, case, func, literal
from sqlalchemy.dialects.postgresql import JSONB


class Traits(BaseModel):
    """Base of what business rules need to know of a value, so that no rule compares its name.

    Records are written by those named in `lasting`: they stay for as long as one has the value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    lasting: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One value. `colour` is `#rrggbb` or empty.

    `roles` are the ids of the roles whose people may choose it, all people's if empty.
    """

    value: str
    colour: str = ""
    roles: tuple[str, ...] = ()
    traits: Traits | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """A value that is no more: since `at` its records have `new` (nothing, if None).

    `until` is when a new value took its name; `job_id` is at work while records still hold it.
    """

    old: str
    new: str | None
    at: datetime
    until: datetime | None = None
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class Picklist:
    """The values of one field. `protected` are those that rules, actions and reports rely on.

    `carries` is the type of their traits; what a `role_based` list offers may differ by role.
    `version` counts what administrators have changed.
    """

    choices: tuple[Choice, ...]
    protected: frozenset[str] = frozenset()
    carries: type[Traits] | None = None
    role_based: bool = True
    replaced: tuple[Replacement, ...] = ()
    version: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The values alone."""
        return tuple(choice.value for choice in self.choices)

    @property
    def moving(self) -> tuple[Replacement, ...]:
        """The replacements that records still have to follow."""
        return tuple(replaced for replaced in self.replaced if replaced.job_id)

    @property
    def limited(self) -> bool:
        """Whether some value is not for everybody."""
        return any(choice.roles for choice in self.choices)

    def get(self, value: str | None) -> Choice | None:
        """The choice of this name, or of the value that has replaced it."""
        name = self.current(value)
        return next((choice for choice in self.choices if choice.value == name), None)

    def current(self, value: Any) -> Any:
        """What a value, or each of several, is called now: itself if it never had another name."""
        return _renamed(value, self.replaced)

    def settled(self, value: Any) -> Any:
        """The same for as long as records still follow; after that an old name is a wrong one."""
        return _renamed(value, self.moving)


def _renamed(value: Any, replaced: Sequence[Replacement]) -> Any:
    names = {one.old: one.new for one in replaced if one.until is None}
    if not names or not isinstance(value, list | tuple):
        return _followed(value, names)
    followed = (_followed(one, names) for one in value)
    return type(value)(dict.fromkeys(one for one in followed if one is not None))


def _followed(value: Any, names: Mapping[str, str | None]) -> Any:
    while isinstance(value, str) and value in names:
        value = names[value]
    return value


def declared(
    choices: Sequence[str] | Mapping[str, Traits],
    protected: Collection[str] = (),
    *,
    role_based: bool = True,
) -> Picklist:
    """The picklist of a declaration. Raises TypeError for a protected value that is none of it."""
    if unknown := set(protected) - set(choices):
        raise TypeError(f"protects values it does not have: {sorted(unknown)}")
    if not isinstance(choices, Mapping):
        values = tuple(Choice(value) for value in choices)
        return Picklist(values, frozenset(protected), role_based=role_based)
    values = tuple(Choice(value, traits=traits) for value, traits in choices.items())
    (carries,) = {type(traits) for traits in choices.values()}
    return Picklist(values, frozenset(protected), carries, role_based)


def dumped(picklist: Picklist) -> dict[str, Any]:
    """What administrators have made of it, as JSON; `laid_over` reads it back."""
    return {
        "version": picklist.version,
        "choices": [
            {
                "value": choice.value,
                "colour": choice.colour,
                "roles": list(choice.roles),
                "traits": choice.traits and choice.traits.model_dump(mode="json"),
            }
            for choice in picklist.choices
        ],
        "replaced": [
            {
                "old": one.old,
                "new": one.new,
                "at": one.at.isoformat(),
                "until": one.until and one.until.isoformat(),
                "job_id": one.job_id,
            }
            for one in picklist.replaced
        ],
    }


def laid_over(picklist: Picklist, stored: Mapping[str, Any]) -> Picklist:
    """The declared `picklist` as administrators have made it; values declared since come last."""
    replaced = tuple(
        Replacement(
            one["old"],
            one.get("new"),
            datetime.fromisoformat(one["at"]),
            datetime.fromisoformat(one["until"]) if one.get("until") else None,
            one.get("job_id"),
        )
        for one in stored["replaced"]
    )
    choices = [
        Choice(
            one["value"],
            one["colour"],
            tuple(one["roles"]),
            picklist.carries.model_validate(one.get("traits") or {}) if picklist.carries else None,
        )
        for one in stored["choices"]
    ]
    known = {choice.value for choice in choices} | {one.old for one in replaced}
    choices += [choice for choice in picklist.choices if choice.value not in known]
    return replace(picklist, choices=tuple(choices), replaced=replaced, version=stored["version"])


def replaced(
    held: ColumnElement[Any], *, several: bool, old: str, new: str | None
) -> ColumnElement[Any]:
    """In SQL, what a field holds, with `new` for `old`; `several` of a field of several values."""
    if not several:
        return case((held == old, literal(new, Text)), else_=held)
    without: ColumnElement[Any] = held.op("-", return_type=JSONB())(literal(old, Text))
    if new is not None:
        with_new = without.op("||", return_type=JSONB())(literal([new], JSONB))
        without = case((held.contains([new]), without), else_=with_new)
    empty_is_null = func.nullif(without, literal([], JSONB), type_=JSONB())
    return case((held.contains([old]), empty_is_null), else_=held)
