"""From finished score runs to the sinks: audience, gates, senders, and what each sink holds."""
