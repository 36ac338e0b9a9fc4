"""Where work that keeps a processor busy runs, so that it does not hold up the process's loop."""

from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Executor(Protocol):
    """Calls a function somewhere and waits for its result, as `eventlet.tpool.execute` does."""

    def __call__(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Answer with what `fn` returns, or raise what it raises."""


def _here(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return fn(*args, **kwargs)


_execute: Executor = _here


def install(executor: Executor) -> None:
    """Let `executor` run what is offloaded from now on; until then it runs where it is called."""
    global _execute  # noqa: PLW0603 - one for the process, chosen when it starts
    _execute = executor


def call(fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `fn(*args)`, which must release the interpreter lock, and return what it returns."""
    result: R = _execute(fn, *args, **kwargs)
    return result
