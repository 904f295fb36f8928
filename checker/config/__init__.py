"""What can be configured: the tables, the file, and the command line laid over it."""
