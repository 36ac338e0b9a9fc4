"""One question put to several services at once; a silent one does not hold up the others."""

import threading
from collections.abc import Callable, Iterable, Mapping

from contracts.errors import Problem
from gateway.upstream import Reply, Upstream


def ask(
    upstreams: Iterable[Upstream],
    targets: Callable[[str], str],
    headers: Mapping[str, str],
    *,
    seconds: float,
) -> dict[str, Reply | Problem]:
    """GET `targets(service)` from each within `seconds`; what each said, or why it did not."""
    asked = tuple(upstreams)
    answers: dict[str, Reply | Problem] = {}

    def put(upstream: Upstream) -> None:
        try:
            answers[upstream.name] = upstream.call(
                "GET", targets(upstream.name), headers, seconds=seconds, whole=True
            )
        except Problem as problem:
            answers[upstream.name] = problem

    threads = [threading.Thread(target=put, args=(upstream,)) for upstream in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {upstream.name: answers[upstream.name] for upstream in asked}
