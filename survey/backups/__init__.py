"""Making a backup, restoring it, and moving from SQLite to PostgreSQL."""
