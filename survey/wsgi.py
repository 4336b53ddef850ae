"""For a WSGI server: `granian --interface wsgi survey.wsgi:app`. `safer-places serve` does more.

A database of another release ends the process. `safer-places serve` has looked before it starts
its workers, and says so: one that is started again during an update to a newer schema continues.
"""

import os
import sys

from survey import logs, startup_safety
from survey.app import create_app, warm
from survey.database import database
from survey.jobs import worker_starter
from survey.serving.checks import refuse_other_schema
from survey.serving.exit_codes import EXIT_CODES, Stop
from survey.serving.start import STARTED

logs.configure()
startup_safety.share_heaps()
app = create_app()
if "FLASK_RUN_FROM_CLI" not in os.environ:  # a command draws no page, and migrate mends a schema
    if STARTED not in os.environ:
        try:
            with app.app_context():
                refuse_other_schema(database.engine)
        except Stop as stop:
            sys.stderr.write(f"{stop}\n")
            sys.exit(EXIT_CODES[stop.reason])
    warm(app)
    worker_starter.start(app, app.extensions["settings"].database_url)
