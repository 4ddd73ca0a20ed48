"""The DMXAPI gateway of the sandbox: a file a family."""
