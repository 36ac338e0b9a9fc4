"""How administrators shape entities without a programmer: fields, layout, labels, numbers."""
