"""Parts of the widget Identify Files."""
