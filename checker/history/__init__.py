"""What the runs of a mirror learnt, from run to run, in one SQLite file."""
