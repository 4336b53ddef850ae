"""Requests for help from students, sealed to the readers of their school."""
