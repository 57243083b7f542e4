"""What the command orange-microplastics does."""
