"""Tests of vidmagic.engine.download."""
