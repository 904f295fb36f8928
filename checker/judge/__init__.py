"""Judging: every kind of run turns its facts and answers into findings and a report here."""
