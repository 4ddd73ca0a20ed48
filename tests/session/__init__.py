"""Tests of vidmagic.session."""
