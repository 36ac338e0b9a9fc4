"""What the gateway's own Flask pages share: the exchange they are part of, and JSON answers."""

import orjson
from flask import Response, request

from contracts.errors import Problem
from gateway.exchange import ENVIRON_KEY, Exchange, problem_answer


def current_exchange() -> Exchange:
    """The exchange of the request that Flask is handling."""
    exchange: Exchange = request.environ[ENVIRON_KEY]
    return exchange


def json_response(document: object, status: int = 200) -> Response:
    """A document the gateway composed itself."""
    return Response(orjson.dumps(document), status, content_type="application/json")


def problem_response(problem: Problem) -> Response:
    """A refusal, with the id of the current request."""
    answer = problem_answer(problem, current_exchange().request_id)
    return Response(answer.body, answer.status, answer.headers)
