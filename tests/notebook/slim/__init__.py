"""Tests of vidmagic.notebook.slim."""
