"""The next best action: of all that may be said to a customer, what is worth most, and why not the rest."""
