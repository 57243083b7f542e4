"""Whether to believe what a network says of a spectrum."""
