"""Tests of vidmagic.notebook."""
