"""Tests of vidmagic.notebook.form."""
