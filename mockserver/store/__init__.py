"""Where conversations are kept: what a store promises, and the stores that do."""
