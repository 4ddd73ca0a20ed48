"""Tests of vidmagic.session.improve."""
