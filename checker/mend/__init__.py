"""Mends findings: it corrects references in the bytes of pages, where a suggestion says how."""
