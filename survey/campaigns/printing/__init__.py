"""What a school prints: cards with codes, letters, posters, and the teacher’s page."""
