"""Settings, catalog, journal and engine together."""
