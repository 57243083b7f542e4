"""Example workflows, listed in Orange under Help > Example Workflows."""
