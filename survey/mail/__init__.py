"""E-mail to staff: its wording, the outbox, and the mail server. Students get no e-mail."""
