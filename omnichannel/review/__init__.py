"""Review of score runs before activation: what changed since the last run, whether that is agreed, and who decided."""
