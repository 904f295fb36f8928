"""The history: the results of all runs of a mirror, in one SQLite file."""
