"""The command `safer-places`: its own commands, and those of the app."""
