"""Real front ends, driven in a real browser."""
