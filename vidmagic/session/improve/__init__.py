"""Improve a prompt: a language model rewrites it for the chosen video model."""
