"""The typefaces of what we print, and the letters they have."""
