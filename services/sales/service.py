"""The doors of sales."""

from crmkit.doors.service import RecordService, post
from services.sales.actions.accept_quote import accept_quote
from services.sales.actions.approve_order import approve_order
from services.sales.actions.cancel_invoice import cancel_invoice
from services.sales.actions.cancel_order import cancel_order
from services.sales.actions.cancel_payment import cancel_payment
from services.sales.actions.cancel_shipment import cancel_shipment
from services.sales.actions.convert_lead import Conversion, ConvertLead, convert_lead
from services.sales.actions.deliver_quote import deliver_quote
from services.sales.actions.invoice_order import InvoiceOrder, invoice_order
from services.sales.actions.pay_invoice import NewPayment, pay_invoice
from services.sales.actions.quote_to_order import quote_to_invoice, quote_to_order
from services.sales.actions.reject_quote import reject_quote
from services.sales.actions.review_quote import review_quote
from services.sales.actions.ship_order import ShipOrder, ship_order
from services.sales.entities import Base
from services.sales.entities.account import ACCOUNT
from services.sales.entities.consent import CONSENT
from services.sales.entities.contact import CONTACT
from services.sales.entities.invoice import INVOICE
from services.sales.entities.lead import LEAD
from services.sales.entities.opportunity import OPPORTUNITY
from services.sales.entities.payment import PAYMENT
from services.sales.entities.quote import QUOTE
from services.sales.entities.sales_order import SALES_ORDER
from services.sales.entities.shipment import SHIPMENT
from services.sales.subscriptions import SUBSCRIPTIONS


class SalesService(RecordService):
    """Wins customers, agrees with them on prices, ships what they ordered and gets it paid."""

    name = "sales"
    base = Base
    entities = (
        LEAD,
        ACCOUNT,
        CONTACT,
        CONSENT,
        OPPORTUNITY,
        QUOTE,
        SALES_ORDER,
        SHIPMENT,
        INVOICE,
        PAYMENT,
    )
    subscriptions = SUBSCRIPTIONS

    convert = post(
        "/leads/{id}/convert",
        convert_lead,
        entity=LEAD,
        verb="convert",
        body=ConvertLead,
        returns=Conversion,
    )

    deliver = post(
        "/quotes/{id}/deliver", deliver_quote, entity=QUOTE, verb="deliver", returns=QUOTE
    )
    review = post("/quotes/{id}/review", review_quote, entity=QUOTE, verb="review", returns=QUOTE)
    accept = post("/quotes/{id}/accept", accept_quote, entity=QUOTE, verb="accept", returns=QUOTE)
    reject = post("/quotes/{id}/reject", reject_quote, entity=QUOTE, verb="reject", returns=QUOTE)
    order_quote = post(
        "/quotes/{id}/to-order",
        quote_to_order,
        entity=QUOTE,
        verb="order",
        returns=SALES_ORDER,
        status=201,
    )
    invoice_quote = post(
        "/quotes/{id}/to-invoice",
        quote_to_invoice,
        entity=QUOTE,
        verb="invoice",
        returns=INVOICE,
        status=201,
    )

    approve = post(
        "/sales-orders/{id}/approve",
        approve_order,
        entity=SALES_ORDER,
        verb="approve",
        returns=SALES_ORDER,
    )
    ship = post(
        "/sales-orders/{id}/ship",
        ship_order,
        entity=SALES_ORDER,
        verb="ship",
        body=ShipOrder,
        returns=SHIPMENT,
        status=201,
    )
    invoice = post(
        "/sales-orders/{id}/invoice",
        invoice_order,
        entity=SALES_ORDER,
        verb="invoice",
        body=InvoiceOrder,
        returns=INVOICE,
        status=201,
    )
    cancel_order = post(
        "/sales-orders/{id}/cancel",
        cancel_order,
        entity=SALES_ORDER,
        verb="cancel",
        returns=SALES_ORDER,
    )

    cancel_shipment = post(
        "/shipments/{id}/cancel", cancel_shipment, entity=SHIPMENT, verb="cancel", returns=SHIPMENT
    )
    pay = post(
        "/invoices/{id}/payments",
        pay_invoice,
        entity=INVOICE,
        verb="pay",
        body=NewPayment,
        returns=PAYMENT,
        status=201,
    )
    cancel_invoice = post(
        "/invoices/{id}/cancel", cancel_invoice, entity=INVOICE, verb="cancel", returns=INVOICE
    )
    cancel_payment = post(
        "/payments/{id}/cancel", cancel_payment, entity=PAYMENT, verb="cancel", returns=PAYMENT
    )


SERVICE = SalesService
