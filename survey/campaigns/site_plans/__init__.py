"""The plan of a school: upload, areas of places, and clicks on it."""
