"""Tests of vidmagic/providers/responses."""
