"""Tests of vidmagic.notebook.card."""
