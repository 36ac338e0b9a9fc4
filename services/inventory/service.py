"""The doors of inventory."""

from contracts.events import inventory
from crmkit.doors.service import RecordService, post
from services.inventory import places
from services.inventory.actions.approve_purchase_order import approve
from services.inventory.actions.cancel_purchase_order import cancel
from services.inventory.actions.make_default_warehouse import make_default
from services.inventory.actions.receive_purchase_order import Receipt, receive
from services.inventory.entities import Base
from services.inventory.entities.product import PRODUCT
from services.inventory.entities.purchase_order import PURCHASE_ORDER
from services.inventory.entities.stock_level import STOCK_LEVEL
from services.inventory.entities.stock_movement import STOCK_MOVEMENT
from services.inventory.entities.vendor import VENDOR
from services.inventory.entities.warehouse import WAREHOUSE
from services.inventory.subscriptions import SUBSCRIPTIONS


class InventoryService(RecordService):
    """Knows every product, where it lies, to whom it is promised, and from whom more is coming."""

    name = "inventory"
    base = Base
    entities = (PRODUCT, VENDOR, WAREHOUSE, PURCHASE_ORDER, STOCK_MOVEMENT, STOCK_LEVEL)
    subscriptions = SUBSCRIPTIONS
    start = places.set_up
    facts = inventory.STOCK_FACTS

    make_default = post(
        "/warehouses/{id}/make-default",
        make_default,
        entity=WAREHOUSE,
        verb="make_default",
        returns=WAREHOUSE,
    )
    approve = post(
        "/purchase-orders/{id}/approve",
        approve,
        entity=PURCHASE_ORDER,
        verb="approve",
        returns=PURCHASE_ORDER,
    )
    receive = post(
        "/purchase-orders/{id}/receive",
        receive,
        entity=PURCHASE_ORDER,
        verb="receive",
        body=Receipt,
        returns=PURCHASE_ORDER,
    )
    cancel = post(
        "/purchase-orders/{id}/cancel",
        cancel,
        entity=PURCHASE_ORDER,
        verb="cancel",
        returns=PURCHASE_ORDER,
    )


SERVICE = InventoryService
