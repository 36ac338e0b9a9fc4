"""The battery: each thing that every entity can do, proven over HTTP from its declaration alone.

`prove(bench, entity)` raises AssertionError that names the entity and each behaviour it lacks.
"""

from collections.abc import Callable, Mapping

from crmkit.entity import Entity
from crmkit.testing.proofs.doubles import duplicates, merging
from crmkit.testing.proofs.hanging import (
    commenting,
    following,
    recently_viewed,
    related_lists,
    tagging,
)
from crmkit.testing.proofs.importing import importing
from crmkit.testing.proofs.many import exporting, mass
from crmkit.testing.proofs.reading import describing, filtering, listing, searching, sorting
from crmkit.testing.proofs.refusing import (
    dangling_links,
    explaining,
    refusing,
    rights,
    strange_bodies,
    strange_fields,
)
from crmkit.testing.proofs.tailoring import custom_fields, picklists
from crmkit.testing.proofs.telling import events, feed, history
from crmkit.testing.proofs.trees import saved_views, trees
from crmkit.testing.proofs.writing import (
    coming_back,
    creating,
    other_systems_keys,
    patching,
    purging,
    repeating,
    the_bin,
    versions,
)
from crmkit.testing.subject import Bench, Subject

Proof = Callable[[Subject], None]


def prove(bench: Bench, entity: Entity) -> None:
    """Every behaviour of one entity. Raises AssertionError that names all those that fail."""
    subject = Subject(bench, entity)
    failures = []
    for behaviour in PROOFS:
        try:
            prove_one(subject, behaviour)
        except AssertionError as failure:
            failures.append(str(failure))
    assert not failures, "\n".join(failures)


def prove_one(subject: Subject, behaviour: str) -> None:
    """One behaviour of one entity. Raises AssertionError that names both."""
    try:
        PROOFS[behaviour](subject)
    except AssertionError as failure:
        raise AssertionError(f"{subject.entity.name}: {behaviour}: {failure}") from failure


PROOFS: Mapping[str, Proof] = {
    "creating": creating,
    "listing": listing,
    "filtering": filtering,
    "filter trees": trees,
    "saved views": saved_views,
    "sorting": sorting,
    "patching": patching,
    "versions": versions,
    "refusing": refusing,
    "strange bodies": strange_bodies,
    "strange fields": strange_fields,
    "dangling links": dangling_links,
    "repeating": repeating,
    "history": history,
    "events": events,
    "changes feed": feed,
    "the bin": the_bin,
    "coming back from the bin": coming_back,
    "purging": purging,
    "other systems' keys": other_systems_keys,
    "describing": describing,
    "searching": searching,
    "rights": rights,
    "explaining": explaining,
    "custom fields": custom_fields,
    "picklists": picklists,
    "tags": tagging,
    "comments": commenting,
    "following": following,
    "related lists": related_lists,
    "duplicates": duplicates,
    "merging": merging,
    "mass changes": mass,
    "exporting": exporting,
    "importing": importing,
    "recently viewed": recently_viewed,
}
"""Each behaviour by the name under which it fails."""
