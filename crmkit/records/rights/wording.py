"""Each decision as a sentence that an administrator understands."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from contracts.rights import PRIVATE
from crmkit.records import access
from crmkit.records.rights.deciding import Decision, Question, Step
from crmkit.records.rights.names import Names
from crmkit.records.rights.organisation import GROUP, ROLE_AND_BELOW, Party

_DOES = {access.READ: "read", access.WRITE: "change", access.DELETE: "delete"}


@dataclass(frozen=True, slots=True)
class Words:
    """`names` has everything that the question and its decisions rest on."""

    asked: Question
    names: Names

    @property
    def _who(self) -> str:
        return self._name(self.asked.person.id)

    @property
    def _role(self) -> str:
        return self._name(self.asked.person.role_id or "")

    @property
    def _records(self) -> str:
        return self.asked.entity.plural.replace("-", " ")

    @property
    def _default(self) -> str:
        return self.asked.organisation.defaults.get(self.asked.module, PRIVATE)

    def _name(self, key: str) -> str:
        return str(self.names.get(key, "nobody"))

    def because(self, verb: str, decision: Decision) -> str:
        """Why the person has the verb on the record, or has not."""
        if decision.unseen:
            seen = self.because("view", replace(decision, unseen=False))
            return f"What is not seen is not there for {self._who}. {seen}"
        of_owned = (Step.ROLE_BELOW, Step.GROUP, Step.ORGANISATION_DEFAULT, Step.SHARING_RULE)
        if decision.step in of_owned:
            return self._of_owned(access.way_of(verb), decision)
        plain = {
            Step.ACTIVE_USER: f"{self._who} is not active and cannot sign in.",
            Step.ADMINISTRATORS_ALONE: (
                f"Only administrators may {verb.replace('_', ' ')} {self._records}."
            ),
            Step.MODULE_SWITCHED_ON: f"{self._records.capitalize()} are switched off.",
            Step.ADMINISTRATOR: f"{self._who} is an administrator.",
            Step.OWNER: f"The record is {self._who}'s own.",
        }
        return plain.get(decision.step) or self._by_profiles(verb, decision)

    def _by_profiles(self, verb: str, decision: Decision) -> str:
        """Steps 4 to 8."""
        held = self._list("profile", decision.by)
        match decision.step:
            case Step.VIEW_ALL_OR_EDIT_ALL:
                edits = any(self.asked.profiles[one].edit_all for one in decision.by)
                everything = "views and edits" if edits else "views"
                return f"Whoever has {held} {everything} all there is."
            case Step.MODULE_IN_PROFILE | Step.VERB_IN_PROFILE if not decision.by:
                has = f"The role {self._role} has no profile" if self._role != "nobody" else ""
                return f"{has or f'{self._who} has no role'}, and so may nothing."
            case Step.MODULE_IN_PROFILE:
                return f"{self._records.capitalize()} are off in {held}."
            case Step.VERB_IN_PROFILE:
                missing = " and ".join(decision.missing)
                takes = "" if decision.missing == (verb,) else f", which {verb} takes"
                none = (
                    f"None of {held} grants" if len(decision.by) > 1 else f"{held} does not grant"
                )
                return f"{none[0].upper()}{none[1:]} {missing} in {self._records}{takes}."
            case Step.NO_RECORD:
                return f"It is granted by {held}, and is about no record."
        granted = f"they are whose profile grants it: {held}" if held else "everybody views them"
        return f"{self._records.capitalize()} have no owners; {granted}."

    def _of_owned(self, way: str, decision: Decision) -> str:
        """Steps 10 to 13."""
        does = _DOES[way]
        match decision.step:
            case Step.ROLE_BELOW:
                below = f"{self._owner}, whose role {self._name(decision.by[0])} is below"
                return f"The record belongs to {below} {self._who}'s role {self._role}."
            case Step.GROUP:
                group = self._name(decision.by[0])
                return f"The record belongs to the group {group}, and {self._who} is in it."
            case Step.ORGANISATION_DEFAULT if decision.granted:
                said = f"The organisation's default for {self._module} is {self._default}"
                return f"{said}: everybody may {does} them."
            case Step.SHARING_RULE if decision.granted:
                return self._shared(decision, does)
        place = f"The record belongs to {self._owner}, and so not to {self._who}, a role below"
        said = f"the organisation's default for {self._module} is {self._default}"
        rest = (
            "sharing rules never let delete"
            if way == access.DELETE
            else f"no sharing rule lets {self._who} {does} it"
        )
        return f"{place} or a group of theirs; {said}, and {rest}."

    def _shared(self, decision: Decision, does: str) -> str:
        rule = next(one for one in self.asked.organisation.rules if one.id == decision.by[0])
        named = self.names[rule.id].name
        called = f"The sharing rule {named}" if named else "A sharing rule"
        shared = f"shares what {self._party(rule.owned_by)} owns with"
        said = f"{called} {shared} {self._party(rule.shared_with)}, to {does}"
        if decision.below is None:
            return f"{said}, and the record is such a one."
        above = f"a record of {decision.below.parent.replace('_', ' ')}"
        whose = self._name(decision.below.owner.id)
        return f"{said}, and what lies below it; this record is below {above} of {whose}'s."

    @property
    def _owner(self) -> str:
        owner = self.asked.owner
        return self._name(owner.id) if owner else "nobody"

    @property
    def _module(self) -> str:
        """What the records are shared as."""
        name = self.asked.entity.name if not self.asked.entity.follows else self.asked.module
        return f"{name.replace('_', ' ')} records"

    def _party(self, party: Party) -> str:
        kind = "group" if party.kind == GROUP else "role"
        below = " (and roles below)" if party.kind == ROLE_AND_BELOW else ""
        return f"the {kind} {self._name(party.id)}{below}"

    def _list(self, noun: str, ids: Iterable[str]) -> str:
        called = [self._name(one) for one in ids]
        if not called:
            return ""
        return f"the {noun}{'s' if len(called) > 1 else ''} {', '.join(called)}"
