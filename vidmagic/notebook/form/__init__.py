"""The form: the same requests by hand."""
