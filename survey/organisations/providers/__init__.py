"""Signing in with an account at Microsoft or Google (OpenID Connect)."""
