"""The learner: their name, their copy of the course, and what they have done."""
