"""The loop, step by step: land files, onboard, score, activate, react, collect the results."""
