"""The start page of a school, gathered from the packages that have something for it."""
