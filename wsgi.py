"""For `flask` and a WSGI server in a checkout; an installed copy has `survey.wsgi`."""

from survey.wsgi import app

__all__ = ["app"]
