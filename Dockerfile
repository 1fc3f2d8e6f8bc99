# huepress in a small image, as a user without rights:
#   docker build -t huepress .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/pictures" huepress compress photo.png
ARG PYTHON=python:3.13-slim-trixie

FROM ${PYTHON} AS build
# The compiler of the day will do: of this stage nothing but the installed program is kept.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --no-install-recommends --yes g++ \
    && rm -rf /var/lib/apt/lists/*
COPY . /source
# Into a folder with no pip of its own, which the image below takes whole.
RUN python3 -m venv --without-pip /opt/huepress \
    && python3 -m venv /opt/tools \
    && /opt/tools/bin/pip --no-cache-dir --python /opt/huepress/bin/python install /source

FROM ${PYTHON}
COPY --from=build /opt/huepress /opt/huepress
ENV PATH=/opt/huepress/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
WORKDIR /pictures
ENTRYPOINT ["huepress"]
CMD ["--help"]
