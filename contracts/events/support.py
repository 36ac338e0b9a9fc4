"""What support tells the others: tickets, from their opening to their solution."""

TICKET = "crm.support.ticket.*.v1"
