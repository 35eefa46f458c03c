# The image of `khabar worker` and `khabar serve`; docker-compose.yml brings Kafka along.
FROM python:3.11.13-slim-bookworm AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src

# What runs, in the virtual environment that goes into the image.
COPY requirements-run.lock .
RUN python -m venv /opt/khabar \
 && /opt/khabar/bin/pip install --require-hashes -r requirements-run.lock

# What builds, in one that does not.
COPY requirements.lock .
RUN python -m venv /tools \
 && /tools/bin/pip install --require-hashes -r requirements.lock

COPY . .
RUN /tools/bin/python -m build --wheel --no-isolation \
 && /opt/khabar/bin/pip install --no-deps --no-index dist/*.whl


FROM python:3.11.13-slim-bookworm

RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin khabar \
 && install --directory --owner=khabar --group=khabar /data
COPY --from=build /opt/khabar /opt/khabar

ENV PATH=/opt/khabar/bin:$PATH PYTHONUNBUFFERED=1 KHABAR_DATA=/data KHABAR_CACHE=/data/cache
USER khabar
WORKDIR /data
VOLUME /data
CMD ["khabar", "--help"]
