"""What identity tells the others: people, the role tree, the keys that tokens are signed with."""

USER = "crm.identity.user.*.v1"
ROLE = "crm.identity.role.*.v1"
SIGNING_KEYS = "crm.identity.signing_key.*.v1"
CURRENCY = "crm.identity.currency.*.v1"
TAX = "crm.identity.tax.*.v1"
