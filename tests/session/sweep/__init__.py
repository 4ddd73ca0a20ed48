"""Tests of vidmagic.session.sweep."""
