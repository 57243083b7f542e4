"""Parts of Check Labels."""
