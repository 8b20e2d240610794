"""The journal: what it keeps, shows and verifies."""
