"""`%video` and `%%video`: a line and a cell become a call."""
