"""Finding names of people in what somebody typed: in students' texts, in words that students or
readers of a report will see, and in a school's own questions."""
