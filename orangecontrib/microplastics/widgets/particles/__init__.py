"""Parts of Particles."""
