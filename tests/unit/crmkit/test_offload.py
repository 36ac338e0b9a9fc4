"""Offloaded work runs where it is called until a process says otherwise."""

import pytest

from crmkit import offload


@pytest.fixture
def calls(monkeypatch):
    calls = []

    def executor(fn, *args, **kwargs):
        calls.append((fn, args, kwargs))
        return fn(*args, **kwargs)

    monkeypatch.setattr(offload, "_execute", offload._execute)
    offload.install(executor)
    return calls


def test_without_an_executor_it_is_a_plain_call():
    assert offload.call(int, "ff", base=16) == 255


def test_an_installed_executor_runs_it_and_passes_on_what_it_raises(calls):
    assert offload.call(int, "7") == 7
    with pytest.raises(ValueError, match="invalid literal"):
        offload.call(int, "seven")
    assert calls == [(int, ("7",), {}), (int, ("seven",), {})]
