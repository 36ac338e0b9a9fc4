"""The acceptance: a real company is poured into a fresh suite, and every figure must be right."""
