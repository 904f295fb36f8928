# mirrorcheck in a container: no root, no shell, nothing written outside the folder that is mounted.
#
#     docker build --tag mirrorcheck .
#     docker run --rm --read-only --volume "$PWD:/mirror" --user "$(id -u):$(id -g)" mirrorcheck check --offline
FROM python:3.13-slim-bookworm AS build
COPY pyproject.toml README.md LICENSE /source/
COPY checker /source/checker
COPY reports /source/reports
RUN python -m venv /opt/mirrorcheck \
    && /opt/mirrorcheck/bin/pip install --no-cache-dir --disable-pip-version-check "/source[deep]" \
    && /opt/mirrorcheck/bin/python -m compileall -q /opt/mirrorcheck/lib

FROM python:3.13-slim-bookworm
# Git reads a clone of another user, as a mounted folder is: mirrorcheck lets it start no program that a clone names.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory "*" \
    && useradd --no-create-home --uid 10001 mirrorcheck
COPY --from=build /opt/mirrorcheck /opt/mirrorcheck
ENV PATH=/opt/mirrorcheck/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001
WORKDIR /mirror
ENTRYPOINT ["mirrorcheck"]
CMD ["check"]
