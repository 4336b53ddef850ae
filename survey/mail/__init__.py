"""E-mail to staff: what is sent, the outbox, and the way out. Students are never written to."""
