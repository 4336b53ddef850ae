"""The ledger outside the database: what was published, and what happened since a backup."""
