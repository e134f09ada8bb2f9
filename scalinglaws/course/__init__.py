"""The course on top of the law library: notebooks, questions, practice, capstone, grading."""

import sys

# nbformat imports jsonschema, which for the format "iri" compiles the grammar of RFC 3987: over a
# second of processor time in every process that reads a notebook. No schema of ours, of nbformat or
# of nbgrader has that format. With None here the import fails at once, and jsonschema does without
# it, as if the package were not installed.
sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]
