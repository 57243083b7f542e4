"""Parts of the widget Microplastics Model."""
