"""For a WSGI server: `granian --interface wsgi wsgi:app`."""

from survey.app import create_app

app = create_app()
