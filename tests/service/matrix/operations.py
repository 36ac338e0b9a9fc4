"""What clients can do, and what each thing takes: written down here by hand, so that neither the
routes nor the rights they rest on can change without somebody saying so.
"""

from dataclasses import dataclass, field, replace
from typing import Any

NOWHERE = "01990000-0000-7000-8000-00000000ffff"
"""The id of nothing."""

OLD = {"If-Match": '"0"'}
"""Who may write is told that the record is another one by now, and nothing is written."""


@dataclass(frozen=True)
class Operation:
    """One thing to do with the records of an entity, asked in a way that changes nothing.

    `path` has `{plural}` or `{name}` of the entity, and `{id}` where it is about one record.
    `needs` are the verbs that it takes; those with `own` are about things of the caller's, which
    everybody may have who signs in, and those `shaping` are for administrators. `allowed` are the
    answers of a service that lets it be done. What is `hidden` from whom it is refused does not
    say that the record is there.
    """

    method: str
    path: str
    allowed: tuple[int, ...]
    needs: tuple[str, ...] = ("view",)
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    own: bool = False
    shaping: bool = False
    hidden: bool = False

    @property
    def awry(self):
        """The same with a body, or a question, that nobody could understand."""
        if self.method in {"GET", "DELETE"}:
            return replace(self, path=f"{self.path}?limit=none&sort=no_such_field&no_such=1")
        return replace(self, body={**self.body, **_UNKNOWN} if self.body else [_UNKNOWN])

    @property
    def of_record(self):
        return "{id}" in self.path

    @property
    def verb(self):
        """The verb that the entity must have for the operation to exist."""
        return self.needs[-1]


def _read(path, allowed=200, **about):
    return Operation("GET", path, (allowed,), **about)


_UNKNOWN = {"no_such_field": 1}
_SOME = {"columns": ["no_such_field"]}
_MASS = {"operation": "edit", "selection": {"ids": [NOWHERE]}, "values": _UNKNOWN}
_A = "/{plural}"
_R = "/{plural}/{id}"
_COMMENT = f"{_R}/comments/{{comment}}"
_IMPORT = f"{_A}/imports/{{key}}"
_JOB = f"{_A}/jobs/{{key}}"
_VIEW = f"{_A}/views/{{key}}"
_META = "/meta/{name}"

VERBS = (
    _read(_A),
    _read(_R),
    Operation("POST", _A, (422,), ("create",), _UNKNOWN),
    Operation("PATCH", _R, (412,), ("edit",), {}, OLD),
    Operation("DELETE", _R, (412,), ("delete",), None, OLD),
    Operation("POST", f"{_R}/restore", (409,), ("delete",), hidden=True),
    Operation("POST", f"{_R}/merge", (412,), ("merge",), {"losers": [NOWHERE]}, OLD),
    Operation("POST", f"{_A}/bin/purge", (200,), ("purge",), {"ids": [NOWHERE]}),
    Operation("POST", f"{_A}/export", (422,), ("export",), {"fields": ["no_such_field"]}),
    Operation("POST", f"{_A}/imports", (422,), ("import",), b""),
    Operation("POST", f"{_A}/mass", (422,), ("edit", "mass_edit"), _MASS),
    Operation(
        "POST", f"{_A}/find-duplicates", (422,), ("find_duplicates",), {"fields": ["no_such"]}
    ),
)
"""One for each verb: asked by everybody."""

BESIDE = (
    _read(f"{_A}/bin", needs=("delete",)),
    Operation("POST", f"{_A}/bin/empty", (202,), ("purge",)),
    Operation("POST", f"{_R}/unmerge", (412,), ("merge",), None, OLD),
    Operation("POST", f"{_A}/search", (200,), body={}),
    _read(f"{_A}/changes"),
    _read(f"{_R}/history"),
    _read(f"{_R}/rights"),
    _read(f"{_R}/access", 422, shaping=True),
    _read(f"{_R}/related"),
    _read(f"{_R}/duplicates"),
    _read(f"{_A}/external/{{source}}/{{key}}", 404),
    Operation("PUT", f"{_A}/external/{{source}}/{{key}}", (422,), ("create",), _UNKNOWN),
    _read(f"{_R}/comments"),
    Operation("POST", f"{_R}/comments", (201,), body={"body": "Seen."}),
    _read(_COMMENT, 404),
    _read(f"{_COMMENT}/history", 404),
    Operation("PATCH", _COMMENT, (404,), body={"body": "Seen."}),
    Operation("DELETE", _COMMENT, (404,)),
    Operation("PUT", f"{_R}/follow", (204,)),
    Operation("DELETE", f"{_R}/follow", (204,)),
    _read(f"{_R}/tags"),
    Operation("PUT", f"{_R}/tags/{{tag}}", (204,), body={}),
    Operation("DELETE", f"{_R}/tags/{{tag}}", (204,)),
    _read(f"{_A}/views"),
    Operation("POST", f"{_A}/views", (422,), body={"name": "Mine", **_SOME}),
    Operation("PUT", f"{_A}/views/default", (200,), body={"view": None}),
    _read(_VIEW, 404),
    _read(f"{_VIEW}/count", 404),
    Operation("PATCH", _VIEW, (404,), body=_SOME),
    Operation("DELETE", _VIEW, (404,)),
    _read(f"{_A}/imports", needs=("import",)),
    _read(f"{_A}/imports/mappings", needs=("import",)),
    Operation("PUT", f"{_A}/imports/mappings/{{name}}", (200,), ("import",), {}),
    Operation("DELETE", f"{_A}/imports/mappings/{{name}}", (204, 404), ("import",)),
    _read(_IMPORT, 404, needs=("import",)),
    _read(f"{_IMPORT}/refused", 404, needs=("import",)),
    Operation("DELETE", _IMPORT, (404,), ("import",)),
    Operation("POST", f"{_IMPORT}/read", (404,), ("import",), {}),
    Operation("POST", f"{_IMPORT}/check", (404,), ("import",), {}),
    Operation("POST", f"{_IMPORT}/run", (404,), ("import",), {}),
    Operation("POST", f"{_IMPORT}/undo", (404,), ("import",)),
    _read(f"{_A}/jobs", own=True),
    _read(_JOB, 404, own=True),
    _read(f"{_JOB}/rows", 404, own=True),
    _read(f"{_JOB}/file", 404, own=True),
    Operation("POST", f"{_JOB}/cancel", (404,), own=True),
    Operation("POST", f"{_JOB}/retry", (404,), own=True),
    *(_read(_META + of, own=True) for of in ("", "/fields", "/layout", "/module", "/names")),
    *(_read(f"{_META}/{of}", own=True) for of in ("duplicates", "picklist-dependencies")),
    Operation("GET", f"{_META}/numbering", (200, 404), own=True),
    _read(f"{_META}/history", shaping=True),
    _read(f"{_META}/picklists", shaping=True),
    _read(f"{_META}/picklists/{{field}}", 404, shaping=True),
    Operation("POST", f"{_META}/fields", (422,), body={}, shaping=True),
    Operation("PATCH", f"{_META}/fields/{{field}}", (404,), body={}, shaping=True),
    Operation("DELETE", f"{_META}/fields/{{field}}", (404,), shaping=True),
    Operation("POST", f"{_META}/picklists/{{field}}/values", (422,), body={}, shaping=True),
    Operation("PUT", f"{_META}/picklists/{{field}}/values", (422,), body={}, shaping=True),
    Operation(
        "PATCH", f"{_META}/picklists/{{field}}/values/{{value}}", (404,), body={}, shaping=True
    ),
    Operation("DELETE", f"{_META}/picklists/{{field}}/values/{{value}}", (404,), shaping=True),
    *(
        Operation("PUT", f"{_META}/{of}", (422,), body=_UNKNOWN, shaping=True)
        for of in ("duplicates", "layout", "module", "names", "numbering", "picklist-dependencies")
    ),
)
"""What else rests on a verb: asked by those between whom it is decided."""


def _act(path, verb, body=None, method="POST"):
    return Operation(method, path, (412,), (verb,), body, OLD)


ACTIONS = {
    "user": (
        _act("/users/{id}/deactivate", "deactivate", {"transfer_to": NOWHERE}),
        _act("/users/{id}/password", "set_password", {"password": "x"}),
        _act("/users/{id}/invite", "administer"),
        _act("/users/{id}/api-keys", "administer", None, "GET"),
        _act("/users/{id}/api-keys", "administer", {}),
        _act("/users/{id}/second-factor", "administer", None, "DELETE"),
        _act("/users/{id}/sign-ins", "administer", None, "GET"),
        _act("/users/{id}/sessions", "administer", None, "GET"),
        _act("/users/{id}/sessions", "administer", None, "DELETE"),
    ),
    "privacy_request": (
        _act("/privacy-requests/{id}/confirm", "confirm", {}),
        _act("/privacy-requests/{id}/cancel", "cancel"),
    ),
    "warehouse": (_act("/warehouses/{id}/make-default", "make_default"),),
    "purchase_order": (
        _act("/purchase-orders/{id}/approve", "approve"),
        _act("/purchase-orders/{id}/receive", "receive", {}),
        _act("/purchase-orders/{id}/cancel", "cancel"),
    ),
    "email_template": (_act("/email-templates/{id}/preview", "preview", {}),),
    "email": (_act("/emails/{id}/send", "send"),),
    "lead": (_act("/leads/{id}/convert", "convert", {}),),
    "quote": (
        _act("/quotes/{id}/deliver", "deliver"),
        _act("/quotes/{id}/review", "review"),
        _act("/quotes/{id}/accept", "accept"),
        _act("/quotes/{id}/reject", "reject"),
        _act("/quotes/{id}/to-order", "order"),
        _act("/quotes/{id}/to-invoice", "invoice"),
    ),
    "sales_order": (
        _act("/sales-orders/{id}/approve", "approve"),
        _act("/sales-orders/{id}/ship", "ship", {}),
        _act("/sales-orders/{id}/invoice", "invoice", {}),
        _act("/sales-orders/{id}/cancel", "cancel"),
    ),
    "shipment": (_act("/shipments/{id}/cancel", "cancel"),),
    "invoice": (
        _act("/invoices/{id}/payments", "pay", {}),
        _act("/invoices/{id}/cancel", "cancel"),
    ),
    "payment": (_act("/payments/{id}/cancel", "cancel"),),
}
"""The business verbs by entity."""

_LISTED = f"{_R}/related/{{listed}}"

LISTING = _read(_LISTED)
"""One related list of a record: asked for each list that the entity has."""
LINKING = Operation("PUT", f"{_LISTED}/{{other}}", (204,), ("view", "edit"), {})
UNLINKING = Operation("DELETE", f"{_LISTED}/{{other}}", (204,), ("view", "edit"))
"""What is linked by hand, and no more."""
RELATED = (LISTING, LINKING, UNLINKING)

ANYBODY, PEOPLE, ADMINISTRATORS = "anybody", "people", "administrators"

WHOLE = {
    "POST /auth/api-key": ANYBODY,
    "POST /auth/forgotten-password": ANYBODY,
    "POST /auth/logout": ANYBODY,
    "POST /auth/password": ANYBODY,
    "POST /auth/refresh": ANYBODY,
    "POST /auth/second-factor": ANYBODY,
    "POST /auth/second-factor/enrol": ANYBODY,
    "GET /auth/sso": ANYBODY,
    "POST /auth/sso": ANYBODY,
    "POST /auth/sso/complete": ANYBODY,
    "POST /auth/token": ANYBODY,
    "GET /jwks": ANYBODY,
    "GET /me": PEOPLE,
    "GET /me/api-keys": PEOPLE,
    "POST /me/api-keys": PEOPLE,
    "POST /me/password": PEOPLE,
    "GET /me/second-factor": PEOPLE,
    "POST /me/second-factor/confirm": PEOPLE,
    "POST /me/second-factor/enrol": PEOPLE,
    "POST /me/second-factor/recovery-codes": PEOPLE,
    "POST /me/second-factor/remove": PEOPLE,
    "GET /me/sessions": PEOPLE,
    "POST /me/sessions/end-others": PEOPLE,
    "GET /me/sign-ins": PEOPLE,
    "DELETE /api-keys/{id}": PEOPLE,
    "DELETE /sessions/{id}": PEOPLE,
    "GET /followed": PEOPLE,
    "GET /key-metrics": PEOPLE,
    "GET /recent": PEOPLE,
    "GET /recycle-bin": PEOPLE,
    "GET /search": PEOPLE,
    "GET /tags": PEOPLE,
    "GET /tags/changes": PEOPLE,
    "GET /tags/{tag}/records": PEOPLE,
    "PATCH /tags/{tag}": PEOPLE,
    "DELETE /tags/{tag}": PEOPLE,
    "GET /reports/pipeline": PEOPLE,
    "GET /reports/records": PEOPLE,
    "GET /reports/sales": PEOPLE,
    "POST /access/simulate": ADMINISTRATORS,
    "GET /audit": ADMINISTRATORS,
    "GET /audit/heads": ADMINISTRATORS,
    "GET /audit/verify": ADMINISTRATORS,
    "GET /identity-providers": ADMINISTRATORS,
    "POST /identity-providers": ADMINISTRATORS,
    "PATCH /identity-providers/{id}": ADMINISTRATORS,
    "DELETE /identity-providers/{id}": ADMINISTRATORS,
    "GET /parked-events": ADMINISTRATORS,
    "GET /person-data/{id}": ADMINISTRATORS,
    "GET /signing-keys": ADMINISTRATORS,
    "POST /signing-keys/rotate": ADMINISTRATORS,
}
"""What belongs to no entity, and who may ask at all: what they then see is theirs."""

OF_THE_GATEWAY = {
    "GET /audit/export": ADMINISTRATORS,
    "POST /parked-events/{service}/{id}/discard": ADMINISTRATORS,
    "POST /parked-events/{service}/{id}/retry": ADMINISTRATORS,
}
"""The same of what only the gateway answers, at addresses that no service has."""
