"""A class between this course and a learning-management system: roster, submissions in, grades and feedback out."""
