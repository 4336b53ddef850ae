"""Forms sent after a session ended, kept until their sender has signed in again."""
