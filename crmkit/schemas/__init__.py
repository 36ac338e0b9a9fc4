"""What the services say of themselves to the outside, generated from their declarations."""
