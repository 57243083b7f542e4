"""Subcommands of the command orange-microplastics."""
