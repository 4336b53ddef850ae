"""The rows of people in an imported file."""
