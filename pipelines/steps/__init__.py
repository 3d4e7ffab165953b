"""The steps of a pipeline: each parses its arguments, calls pure functions and writes what it made."""
