"""The providers, each beside a page with notes on its API."""
