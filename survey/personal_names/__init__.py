"""The detector of personal names in students' texts, in words that students or readers of a report
will see, and in a school's own questions."""
