"""A seeded retailer: everything a landing folder needs, from people whose behaviour has reasons that a model can find."""
