"""The same expressions on two engines give the same rows."""
