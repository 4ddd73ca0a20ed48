"""Images in, videos out: read, check, look into, show."""
