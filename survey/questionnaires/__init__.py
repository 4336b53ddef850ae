"""Questionnaires: templates, adaptations, routing, answers and kinds of questions."""
