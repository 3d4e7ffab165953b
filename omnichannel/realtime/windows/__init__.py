"""Live segments: rules of the playbook over windows of time, exact under duplicates and disorder."""
