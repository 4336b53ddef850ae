"""Surveys of a school (campaigns), their months (waves), and programmes of an authority."""
