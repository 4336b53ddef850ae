"""Policies on consent of parents and on the question about sex and gender."""
