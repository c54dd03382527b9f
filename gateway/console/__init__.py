"""Pages of the SIM console."""
