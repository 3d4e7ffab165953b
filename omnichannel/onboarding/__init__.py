"""Landed files into trusted tables: stage A checks and types one file, stage B commits staged files."""
