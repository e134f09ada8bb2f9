"""The learner: who it is, their copy of the course, and what they have done."""
