"""The public page and poster “You said, we did” for students."""
