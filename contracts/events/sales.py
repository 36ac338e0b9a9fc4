"""What sales tells the others: records of its entities, whole, after every write.

`data["record"]` holds the fields of the entity as its API shows them. What hearers rely on most:

- sales_order: `status` (Created, Approved, Partially Shipped, Delivered, Cancelled); each of its
  `lines` has `id`, `product_id`, `quantity`, and of that `shipping_quantity` in shipments pending
  or posted, `shipped_quantity` posted, `invoiced_quantity` invoiced.
- shipment: `status` (pending, posted, short, cancelled), `sales_order_id`, `warehouse_id` (null:
  the default one); each of its `lines` has `id`, `order_line_id`, `product_id`, `quantity`.
  A shipment is `created` pending; inventory answers whether it is posted or short, and takes back
  what it posted when it hears `cancelled`.
- lead: told as `converted` with `account_id`, `contact_id`, `opportunity_id` (null where none) and
  `transferred_to`, the one of account and contact to which everything hanging on the lead moves.
"""

LEAD = "crm.sales.lead.*.v1"
ACCOUNT = "crm.sales.account.*.v1"
CONTACT = "crm.sales.contact.*.v1"
OPPORTUNITY = "crm.sales.opportunity.*.v1"
QUOTE = "crm.sales.quote.*.v1"
SALES_ORDER = "crm.sales.sales_order.*.v1"
SHIPMENT = "crm.sales.shipment.*.v1"
INVOICE = "crm.sales.invoice.*.v1"
PAYMENT = "crm.sales.payment.*.v1"
LEAD_CONVERTED = "crm.sales.lead.converted.v1"
