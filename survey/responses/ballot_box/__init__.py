"""The sealed ballot box after the close: opening, sweeping, ending."""
