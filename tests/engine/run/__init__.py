"""Tests of vidmagic.engine.run."""
