"""What customers allowed: the state of each consent, and the gate that every send passes."""
