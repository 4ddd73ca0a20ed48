"""The models of the DMXAPI gateway: a file a family, each beside its API page."""
