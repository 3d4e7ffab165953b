"""Live interactions to Personalize, its recommenders' life cycle, and answers with real products."""
