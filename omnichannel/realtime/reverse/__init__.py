"""Back to Segment: what live events have changed of a customer, as traits, a moment after the last of them."""
