"""What vidmagic costs, in one table of ratios: `python -m tests.bench`."""
