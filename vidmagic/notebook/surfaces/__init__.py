"""What the front end shows something live on: a script in the page, ipywidgets, plain HTML or a terminal."""
