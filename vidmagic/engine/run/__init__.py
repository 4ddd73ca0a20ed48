"""The run of one job, from its submit to its result."""
