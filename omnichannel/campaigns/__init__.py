"""Campaigns: the messages that are written for customers, and the lists that are made beside them."""
