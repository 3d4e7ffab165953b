"""The own recommender: what is learned from interactions and the catalogue, without any service."""
