"""The single customer view: who our customers are, what they allowed, and what we can show them, rebuilt from trusted tables."""
