"""What is known of materials: their names, their bands, and what is found beside them."""
