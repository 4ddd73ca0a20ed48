"""Tests of vidmagic.notebook.surfaces."""
