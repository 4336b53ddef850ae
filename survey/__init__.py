"""Anonymous safety surveys for schools: the whole web application."""
