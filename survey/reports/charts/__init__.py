"""Charts: building, drawing and storing them."""
