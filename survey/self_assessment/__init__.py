"""The self-assessment of a school on Contextual Safeguarding."""
