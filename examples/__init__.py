"""Ways to bring other data into the landing layout."""
