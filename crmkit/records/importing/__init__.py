"""Records from a file: read it, say which column is which field, try it, do it, take it back."""
