"""The fonts of printed sheets, and the letters they have."""
