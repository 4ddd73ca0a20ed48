"""Views of jobs and videos: lists, comparisons, joined videos."""
