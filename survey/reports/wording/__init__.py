"""The words of a school’s report."""
