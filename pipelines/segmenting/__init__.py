"""Customer segments: a scaled space of features, clusters in it that keep their ids, names, RFM. Pure functions over arrays."""
