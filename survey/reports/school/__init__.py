"""The data of a school’s report: chapters, findings, places, summary."""
