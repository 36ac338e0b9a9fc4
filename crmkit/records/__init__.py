"""The record engine: one module per behaviour that every entity has."""
