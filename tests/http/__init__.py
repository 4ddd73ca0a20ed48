"""Tests of vidmagic.http."""
