"""The fault matrix: what goes wrong on the way, seeded, and what became of every record."""
