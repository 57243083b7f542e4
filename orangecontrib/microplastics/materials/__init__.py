"""Names and infrared bands of materials, contaminants, additives and the atmosphere."""
