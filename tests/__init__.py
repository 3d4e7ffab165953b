"""Every promise of the project, as tests, faults and measurements."""
