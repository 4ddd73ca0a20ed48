"""The journal: what is on disk of every job."""
