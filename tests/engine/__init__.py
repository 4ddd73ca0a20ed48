"""Tests of what keeps a paid job from being lost or bought twice."""
