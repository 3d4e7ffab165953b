"""Who is who: one customer behind every outside identifier."""
