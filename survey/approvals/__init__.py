"""Requests to a second person, for actions that one member of a school cannot do alone."""
