"""All HTTP of the package: requests, the proof that one was sent, and replies."""
