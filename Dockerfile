# LLM scaling laws for learners, in a container: alone, or as the image of a JupyterHub (docs/hub.md).
#
#   docker build -t scaling-laws .
#   docker run --rm -p 127.0.0.1:8888:8888 -v scaling-laws:/home/learner scaling-laws
#
# It holds no solution and no hidden test: .dockerignore lists what the build may see.
FROM python:3.13-slim

# The hub's own version, where a hub starts this.
ARG JUPYTERHUB=5.5.4

WORKDIR /opt/scaling-laws
COPY requirements/course.txt requirements/
RUN pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: \
        --requirement requirements/course.txt \
    && pip install --no-cache-dir "jupyterhub==${JUPYTERHUB}"

COPY . .
RUN pip install --no-cache-dir --no-deps --no-index --no-build-isolation --editable . \
    && python -m compileall -q scalinglaws

# For a class whose students have their own numbers: --build-arg VARIANTS=on. Then everybody needs a token.
ARG VARIANTS=
RUN if [ -n "$VARIANTS" ]; then touch variants.on; fi

# Any user id may run this (OpenShift draws one): the home folder belongs to that user, and nothing else is written.
ENV HOME=/home/learner
RUN mkdir "$HOME" && chmod 0777 "$HOME"
USER 1000
EXPOSE 8888
ENTRYPOINT ["/bin/sh", "/opt/scaling-laws/docker/start.sh"]
CMD ["study", "--no-browser", "--ip", "0.0.0.0", "--port", "8888"]
