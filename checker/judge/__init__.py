"""From facts and answers to findings and the report: the one way, for every kind of run."""
