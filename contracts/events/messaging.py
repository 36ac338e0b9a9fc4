"""What messaging tells the others: templates, and each e-mail from its queueing to its end.

An e-mail's facts beyond those of every record are `sent`, `deferred` (a try failed, another will
follow), `failed` (no more tries) and `queued` (put back into the queue by hand).
"""

EMAIL_TEMPLATE = "crm.messaging.email_template.*.v1"
EMAIL = "crm.messaging.email.*.v1"
