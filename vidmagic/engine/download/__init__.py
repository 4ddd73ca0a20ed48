"""Download a result: complete, checked, under its own name."""
