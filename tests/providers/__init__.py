"""Each provider against its document and the sandbox."""
