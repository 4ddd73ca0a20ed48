"""The HTTP double is tested over real sockets, wire by wire."""
