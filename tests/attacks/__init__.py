"""Attacks on the two promises: what stored data, releases and pages give away together."""
