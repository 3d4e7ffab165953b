"""Scoring with a trained model: what pipelines, functions and the serving container read a model archive with."""
