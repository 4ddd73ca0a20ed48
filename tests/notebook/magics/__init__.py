"""Tests of vidmagic.notebook.magics."""
