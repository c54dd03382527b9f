"""Pages of the operator's own staff."""
