"""`python -m survey.command_line`: the command of an installed copy, from a checkout."""

from survey.command_line.main import main

main()
