"""Measured beside peers and a browser, on real and on generated mirrors."""
