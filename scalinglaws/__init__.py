"""The course on LLM scaling laws: measured runs, formulas, fits, figures and graders."""
