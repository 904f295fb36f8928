"""The mirror: its addresses, its layout, its git clone, and the file to which each URL leads."""
