"""Code shared by several widgets."""
