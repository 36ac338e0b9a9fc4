"""The facts services tell each other, one module per telling service."""
