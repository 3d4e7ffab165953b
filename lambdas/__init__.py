"""Doors: one Lambda entry point a module; decode, call, encode."""
