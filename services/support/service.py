"""The doors of support."""

from crmkit.doors.service import RecordService
from services.support.entities import Base
from services.support.entities.ticket import TICKET
from services.support.subscriptions import SUBSCRIPTIONS


class SupportService(RecordService):
    """Takes up customers' tickets and keeps what was done about them."""

    name = "support"
    base = Base
    entities = (TICKET,)
    subscriptions = SUBSCRIPTIONS


SERVICE = SupportService
