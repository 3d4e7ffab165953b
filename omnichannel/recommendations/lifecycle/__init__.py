"""Personalize's life cycle: what the playbook asks for, what there is, the steps between them, and what they cost."""
