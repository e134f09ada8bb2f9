"""The course on top of the law library: notebooks, questions, practice, capstone, grading."""
