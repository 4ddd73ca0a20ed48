"""The notebook interface: magics, cards, the form, and views of jobs and videos."""
