"""Bytes to facts: the hot path, a pure map over pages that any executor runs."""
