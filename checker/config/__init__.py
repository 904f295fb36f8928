"""The configuration: its tables, its file, and the options of the command line that override it."""
