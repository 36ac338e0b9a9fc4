"""One question put to several services at once; a silent one does not hold up the others."""

import threading
from collections.abc import Iterable, Mapping

from contracts.errors import Problem
from gateway.upstream import Reply, Upstream


def ask(
    questions: Iterable[tuple[Upstream, str]],
    headers: Mapping[str, str],
    *,
    seconds: float,
    body: bytes = b"",
) -> dict[str, Reply | Problem]:
    """GET each target from its service, or POST `body` to it if there is one.

    What each said within `seconds`, or why it did not.
    """
    method = "POST" if body else "GET"
    answers: dict[str, Reply | Problem] = {}

    def put(upstream: Upstream, target: str) -> None:
        try:
            answers[upstream.name] = upstream.call(
                method, target, headers, body, seconds=seconds, whole=True
            )
        except Problem as problem:
            answers[upstream.name] = problem

    asked = tuple(questions)
    threads = [threading.Thread(target=put, args=question) for question in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {upstream.name: answers[upstream.name] for upstream, _ in asked}
