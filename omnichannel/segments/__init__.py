"""Runs of customer segments: which there are, who is in them, and where their members are written down."""
