"""The only place that makes AWS clients and speaks their wire shapes."""
