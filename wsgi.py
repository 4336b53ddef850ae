"""For a WSGI server: `granian --interface wsgi wsgi:app`."""

import os

from survey.app import create_app, warm
from survey.jobs import keeper

app = create_app()
if "FLASK_RUN_FROM_CLI" not in os.environ:  # a command draws no page
    warm(app)
    keeper.start(app, app.extensions["settings"].database_url)
