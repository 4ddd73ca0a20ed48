"""Tests of vidmagic.providers.chat."""
