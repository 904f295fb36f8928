"""Where a mirror's bytes are. Nobody else opens a file of a mirror."""
