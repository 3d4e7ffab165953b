"""The laptop cloud: MiniStack, twins of what it lacks, and the `omni` command."""
