"""The one error that a user is meant to read."""


class CourseError(Exception):
    """Something that the user can fix; its text is one clear sentence that says how.

    The console command prints the text without a traceback and exits with 2.
    """
