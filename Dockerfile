# One image for everything of Tallybook: API, agent, fault proxy and traffic.
ARG PYTHON_IMAGE=docker.io/library/python:3.12-slim-trixie

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/tallybook
COPY requirements.lock ./
RUN /opt/tallybook/bin/pip install --require-hashes -r requirements.lock
COPY LICENSE README.md pyproject.toml ./
COPY src ./src
RUN /opt/tallybook/bin/pip install --no-deps --no-build-isolation --no-index .

FROM ${PYTHON_IMAGE}
# The collector has the same number, so that it may read the log lines.
RUN groupadd --gid 10001 tallybook \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin tallybook \
 && install --directory --owner=10001 --group=10001 --mode=0750 \
      /var/lib/tallybook /var/log/tallybook
COPY --from=build /opt/tallybook /opt/tallybook
ENV PATH=/opt/tallybook/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/tallybook
CMD ["tallybook", "serve", "api"]
