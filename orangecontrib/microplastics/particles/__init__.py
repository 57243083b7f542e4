"""From a map of a filter to its particles: where matter is, what it is, how large, how many."""
