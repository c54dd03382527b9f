"""Pages of the three self-care portals."""
