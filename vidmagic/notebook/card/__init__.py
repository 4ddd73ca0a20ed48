"""The card of a job in its cell, live and finished."""
