# A thin wrapper: bootstrap.py does everything, with or without make (Windows: py bootstrap.py study).
#
#   make study     open JupyterLab on your own copy of the course
#                  NO_BROWSER=1  PORT=8890  STUDENT=ada  RENEW=01_power_laws
#   make teach     open JupyterLab with formgrader, for instructors (NO_BROWSER and PORT as above)
#   make test      lint and test everything (ARGS="tests/test_study.py -x" for a part)
#   make format    lint and format, and fix what can be fixed automatically
#   make hooks     have git run the checks of .pre-commit-config.yaml before each commit
#   make lock      make requirements/*.txt again (ARGS=--upgrade for the newest releases)

# A PYTHONHOME or PYTHONPATH that was set for other work would stop Python before bootstrap.py can help.
plain := unset PYTHONHOME PYTHONPATH PYTHONINSPECT PYTHONWARNINGS;

# The first command that is a working Python, of any version: bootstrap.py looks for a better one if necessary.
ifndef PYTHON
PYTHON := $(shell $(plain) for python in python3 python py python3.13 python3.12 python3.11 python3.14; do \
	"$$python" -c "" 2>/dev/null && echo "$$python" && break; done)
endif

where := $(if $(NO_BROWSER),--no-browser) $(if $(PORT),--port "$(PORT)")
whose := $(if $(STUDENT),--student "$(STUDENT)") $(if $(RENEW),--renew "$(RENEW)")

.PHONY: study teach test format hooks lock
study: ARGS += $(where) $(whose)
teach: ARGS += $(where)

study teach test format hooks lock:
ifeq ($(strip $(PYTHON)),)
	@echo "make: no Python was found: install Python 3.13, then run this again." >&2; exit 2
else
	@$(plain) $(PYTHON) bootstrap.py $@ $(ARGS)
endif
