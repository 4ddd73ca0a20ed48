"""Ways to show something live: a script in the page, ipywidgets, plain HTML or a terminal."""
