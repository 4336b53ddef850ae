"""Middleware that serves ordinary student pages without the app."""
