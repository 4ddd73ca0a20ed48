"""One video for every combination of several values."""
