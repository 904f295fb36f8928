"""The fault lab: a loopback server whose paths are behaviours, each with the verdict it must get."""

PATIENCE = 120.0  # seconds that a test waits for what soon comes, on a machine that has much else to do
