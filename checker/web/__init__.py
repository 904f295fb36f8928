"""What the web is made of, without I/O."""
