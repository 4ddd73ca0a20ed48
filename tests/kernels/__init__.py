"""Real kernels, driven on the wire."""
