"""Actions of a school on a place or theme of its report, and their follow-up in later surveys."""
