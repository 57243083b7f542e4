"""Parts of Dual-Branch CNN."""
