"""How good it is, and others on the same data."""
