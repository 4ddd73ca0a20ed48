"""Tests of vidmagic.engine.journal."""
