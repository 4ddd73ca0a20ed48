"""Tests of vidmagic/media."""
