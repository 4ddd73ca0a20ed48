"""What lists, compares and joins videos in a notebook."""
