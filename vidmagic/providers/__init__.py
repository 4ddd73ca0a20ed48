"""One file a system, beside its API as read."""
