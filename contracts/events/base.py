"""The envelope of every event: CloudEvents 1.0 attributes plus who caused it and its trace."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `type` is also the AMQP routing key: crm.<service>.<entity>.<past verb>.v<major>.

    `version` is the record's version after the fact; a projection applies only newer ones.
    `time` is UTC. `data` holds JSON types only (decimals and times as strings).
    """

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    data: dict[str, Any]
    version: int
    actor: str
    traceparent: str = ""
    request_id: str = ""
