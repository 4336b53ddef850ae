"""Help contacts in questionnaires."""
