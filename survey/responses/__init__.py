"""The survey as students answer it, from code to Send, and the stored answers."""
