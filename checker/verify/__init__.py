"""Target to verdict."""
