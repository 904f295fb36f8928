"""The fault lab: a loopback server whose paths are behaviours, each with the verdict it must get."""
