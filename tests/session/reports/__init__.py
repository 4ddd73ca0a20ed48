"""Tests of vidmagic.session.reports."""
