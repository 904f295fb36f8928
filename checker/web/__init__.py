"""URLs, charsets, durations and patterns, without I/O."""
