"""A service with one method for each thing that the chassis promises, run as a process like any other service."""
