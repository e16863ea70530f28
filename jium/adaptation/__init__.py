"""Any model in, a changed model out."""
