"""Sinks: where an audience goes, each with its functions and the branch of the activation state machine that feeds it."""
