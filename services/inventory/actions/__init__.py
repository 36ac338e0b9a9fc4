"""What people do with the records of inventory beyond editing them."""
