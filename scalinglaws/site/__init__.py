"""`scalinglaws site`: the course as a static site to read, built offline."""
