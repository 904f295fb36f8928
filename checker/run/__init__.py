"""Stages of a run: read, ask, verify, judge."""
