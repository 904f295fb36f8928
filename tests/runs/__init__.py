"""Whole runs against the lab: a folder, a live site, one page."""
