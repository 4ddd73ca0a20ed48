"""The only HTTP: what is sent, when a request has left, and what comes back."""
