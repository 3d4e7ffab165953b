"""Live events: what Segment posts, checked and turned into our own event."""
