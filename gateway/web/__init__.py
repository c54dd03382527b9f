"""What all page groups share: formats, names of states, forms, lists in pages."""
