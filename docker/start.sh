#!/bin/sh
# Starts a command of the course in a container. The learner's copy lies in the home folder, which may outlive the container;
# the course itself is only linked there, so that a newer image brings a newer course.
set -eu

image=$(cd "$(dirname "$0")/.." && pwd)
course="$HOME/scaling-laws"
mkdir -p "$course/submitted"
for part in nbgrader_config.py release variants.on; do
    [ ! -e "$image/$part" ] || ln -sfn "$image/$part" "$course/$part"
done

# A hub's names may be e-mail addresses; a student's is a folder.
name=$(printf %s "${SCALINGLAWS_STUDENT:-${JUPYTERHUB_USER:-learner}}" | tr -c 'A-Za-z0-9_.-' '-')
export SCALINGLAWS_COURSE="$course" SCALINGLAWS_STUDENT="$name"

# A hub may give a command of its own, such as jupyterhub-singleuser: `study --hub` becomes just that.
if [ -n "${JUPYTERHUB_API_TOKEN:-}" ]; then
    set -- study --hub
fi
exec scalinglaws "$@"
