"""Places that several schools share, and what an authority and its partners do about them."""
