"""What a list, a search or a single read is made of."""
