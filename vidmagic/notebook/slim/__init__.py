"""Saved notebooks: videos that they carry become links, and back."""
