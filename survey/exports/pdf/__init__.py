"""Printed reports as PDF."""
