"""The process's settings, for actions that lead to other servers or back to this one."""

from crmkit.config import Settings

_now: list[Settings] = []


def use_settings(settings: Settings) -> None:
    """These are the settings from now on."""
    _now[:] = [settings]


def settings() -> Settings:
    """Those in use. Raises LookupError before the service has started."""
    if not _now:
        raise LookupError("the service has not started")
    return _now[0]
