"""Download a result, check that it is complete, and give it its file name."""
