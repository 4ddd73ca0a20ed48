"""Tests of vidmagic.spec."""
