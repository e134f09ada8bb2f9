"""Quiz questions: the bank, and replies sealed so that a notebook gives nothing away."""
