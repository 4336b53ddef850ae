"""The people of a school: inviting, confirming and removing them."""
