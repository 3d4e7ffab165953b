"""What is connected to what: one module per capability. Stacks wire; they never compute."""
