"""Tests of vidmagic.notebook.views."""
