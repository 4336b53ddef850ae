"""Seats: who may act where, and who confirmed them."""
