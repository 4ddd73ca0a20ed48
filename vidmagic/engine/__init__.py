"""The engine: it runs jobs, so that a paid one is never lost and never bought twice."""
