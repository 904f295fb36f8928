"""What a mirror is made of: the index of its files, its addresses, and how a host turns one into the other."""
