"""Signing in: passwords, passkeys, second steps, sessions, limits on guessing."""
