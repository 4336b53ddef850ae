"""The log of the service: one JSON object a line, with a closed list of fields.

A line has the event, the kind of an error and the lines of code it passed. It never has the message
of an error, an address, a code, an answer, a name or a time finer than a minute: each field has a
shape, and values that do not fit are left out. So are messages of libraries, because they repeat
their input.

`log.error("event_name", error=problem)` writes a line. Events are listed in `events`.
"""

from survey.logs.configuration import configure, problems_only
from survey.logs.writing import SafeFormatter, log

__all__ = ["SafeFormatter", "configure", "log", "problems_only"]
