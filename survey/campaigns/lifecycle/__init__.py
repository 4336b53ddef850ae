"""The course of a survey: sign-off, launch, progress, undo, outcomes, archive."""
