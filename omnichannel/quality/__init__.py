"""Data quality: rules made from the contracts, and what they found."""
