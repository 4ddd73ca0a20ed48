"""Tests of vidmagic/providers/dmxapi."""
