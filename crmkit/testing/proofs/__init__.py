"""The behaviours of the battery: each one a function that raises AssertionError."""
