"""Finding passages in documents of one's own."""
