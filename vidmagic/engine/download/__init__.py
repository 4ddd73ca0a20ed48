"""Bring a result to the disk, whole and checked."""
