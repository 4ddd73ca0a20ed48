"""Tests of vidmagic/sandbox/dmxapi."""
