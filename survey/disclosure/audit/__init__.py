"""The audit: an attacker that tries to work out small counts from what is published."""
