"""The sandbox and programs that others wrote."""
