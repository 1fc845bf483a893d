"""The demo organisation: a ferry line whose story is told through real actions, by named people, at its own times.

Nothing here writes a row by itself. Each scene sets the clock to when it happened and calls the action that a person
would have called; what follows from it (checks run, mails go out, figures move) follows as it always does.
"""
