"""The page on which a school's IT checks its devices and filters before a survey."""
