"""The learner's desk: check the open notebook in place, from a cell or by JupyterLab's button."""
