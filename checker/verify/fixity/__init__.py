"""Fixity: whether files still have the bytes that a manifest or git recorded."""
