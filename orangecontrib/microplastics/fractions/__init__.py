"""How much of each material: fractions with intervals."""
