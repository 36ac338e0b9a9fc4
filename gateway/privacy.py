"""What all services have gathered of a person, as one document for the person."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response

from contracts.errors import Problem, not_found
from crmkit.records.store import is_id
from gateway import fan_out, gathering
from gateway.pages import current_exchange, json_response
from gateway.upstream import READ_SECONDS, Upstream

PATH = "/person-data"
_NOTHING = "Nothing is gathered for such a request."


def add_to(composed: Blueprint, upstreams: Mapping[str, Upstream]) -> None:
    """The route."""

    @composed.get(f"{PATH}/<request_id>")
    def person_data(request_id: str) -> Response:
        if not is_id(request_id):
            raise not_found(_NOTHING)
        return json_response(_data(upstreams, request_id))


def _data(upstreams: Mapping[str, Upstream], request_id: str) -> dict[str, Any]:
    """Each service's part; one that has nothing gathered of the request says 404."""
    questions = [(upstream, f"{PATH}/{request_id}") for upstream in upstreams.values()]
    answers = fan_out.ask(questions, current_exchange().forwarded(), seconds=READ_SECONDS)
    records: list[dict[str, Any]] = []
    silent = []
    missing = 0
    for name, answer in answers.items():
        if isinstance(answer, Problem) or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            silent.append(name)
        elif answer.status == HTTPStatus.NOT_FOUND:
            missing += 1
        elif answer.status != HTTPStatus.OK:
            raise gathering.refusal(answer)
        else:
            records += [{**one, "service": name} for one in answer.json()["records"]]
    if missing == len(answers):
        raise not_found(_NOTHING)
    return {"request_id": request_id, "records": records, "unavailable": silent}
