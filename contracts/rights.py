"""What somebody may see and do: what profiles, roles, groups and sharing come to for one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

EVERY_VERB = "*"
"""Among the verbs of a module: all of them, those of later versions too."""

PRIVATE, PUBLIC_READ, PUBLIC_EDIT, PUBLIC_FULL = (
    "private",
    "public_read",
    "public_edit",
    "public_full",
)
DEFAULTS = (PRIVATE, PUBLIC_READ, PUBLIC_EDIT, PUBLIC_FULL)
"""What everybody may do with a module's records, whosever they are; private unless said."""


@dataclass(frozen=True, slots=True)
class ModuleGrant:
    """What profiles grant in one module. `verbs` is empty where the module is off."""

    verbs: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()

    def grants(self, verb: str) -> bool:
        """Whether the profiles let it be done at all."""
        return verb in self.verbs or EVERY_VERB in self.verbs


@dataclass(frozen=True, slots=True)
class Owners:
    """A set of owners: these users and groups, and whoever has one of these roles.

    `ids` and `role_ids` are arrays as PostgreSQL writes them (`{a,b}`); roles are named only
    where their people are too many to be in `ids`. `size` is how many owners that makes.
    """

    ids: str = "{}"
    role_ids: str = "{}"
    size: int = 0

    @property
    def empty(self) -> bool:
        """Whether nobody is in it."""
        return self.ids == "{}" and self.role_ids == "{}"


@dataclass(frozen=True, slots=True)
class Shared:
    """Records that rules share with somebody: of `owners`, or below a record of theirs.

    `parent` is the module of that record; empty where the owners are those of the record itself.
    """

    owners: Owners
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Sharing:
    """What rules share of one module, to read and to write."""

    read: tuple[Shared, ...] = ()
    write: tuple[Shared, ...] = ()


NO_MODULE = ModuleGrant()
NOT_SHARED = Sharing()


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of one person, as the last change of anything they rest on has left them.

    `own` is whose records are theirs: their own, those of the roles below, those of their groups.
    `sharing` is by module and has those owners in it too; `defaults` by module are the
    organisation's. `assigns` are whom they may make the owner of a record; None is everybody.
    `limited` are the modules of which some field is kept from them.
    """

    view_all: bool = False
    edit_all: bool = False
    modules: Mapping[str, ModuleGrant] = field(default_factory=lambda: MappingProxyType({}))
    others: ModuleGrant = NO_MODULE
    limited: frozenset[str] = frozenset()
    own: Owners = Owners()
    sharing: Mapping[str, Sharing] = field(default_factory=lambda: MappingProxyType({}))
    assigns: Owners | None = None
    defaults: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, module: str) -> ModuleGrant:
        """What the profiles grant in a module, by the name of its entity."""
        return self.modules.get(module, self.others)


NO_RIGHTS = Rights()
