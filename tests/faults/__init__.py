"""A server that does what HTTP libraries cannot be made to do."""
