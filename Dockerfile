# One image a component: `docker build --target auth .`; each holds its own code and locked dependencies, nothing else.

FROM python:3.11-slim AS python
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp PATH=/opt/venv/bin:$PATH
WORKDIR /app

FROM python AS service-packages
COPY requirements/services.txt .
RUN python3 -m venv /opt/venv && pip install --no-cache-dir --disable-pip-version-check --require-hashes -r services.txt

FROM python AS gateway-packages
COPY requirements/gateway.txt .
RUN python3 -m venv /opt/venv && pip install --no-cache-dir --disable-pip-version-check --require-hashes -r gateway.txt
COPY gateway/translations translations
RUN find translations -name '*.po' -exec sh -c 'pybabel --quiet compile --input-file "$1" --output-file "${1%.po}.mo"' _ {} \;

FROM python AS sandbox-packages
COPY requirements/sandbox.txt .
RUN python3 -m venv /opt/venv && pip install --no-cache-dir --disable-pip-version-check --require-hashes -r sandbox.txt

# a number, not a name: Kubernetes can then see that it is not root
FROM python AS runtime
USER 10001:10001

FROM runtime AS service
ENV EVENTLET_NO_GREENDNS=yes KAISEN_HEALTH_PORT=8080
COPY --from=service-packages /opt/venv /opt/venv
COPY chassis chassis
COPY services/__init__.py services/
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=6 \
    CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=3)"]

FROM service AS auth
COPY services/auth services/auth
CMD ["python3", "-m", "chassis", "serve", "services.auth"]

FROM service AS contracts
COPY services/contracts services/contracts
CMD ["python3", "-m", "chassis", "serve", "services.contracts"]

FROM service AS payments
COPY services/payments services/payments
CMD ["python3", "-m", "chassis", "serve", "services.payments"]

FROM service AS sim
COPY services/sim services/sim
CMD ["python3", "-m", "chassis", "serve", "services.sim"]

FROM runtime AS sandbox
USER root
RUN install -d -o 10001 -g 10001 /state
USER 10001:10001
COPY --from=sandbox-packages /opt/venv /opt/venv
COPY sandbox sandbox
EXPOSE 8001 8025
HEALTHCHECK --interval=5s --timeout=4s --start-period=15s --retries=6 \
    CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8001/livez', timeout=3)"]
CMD ["python3", "-m", "sandbox", "--host", "0.0.0.0", "--port", "8001", "--smtp-port", "8025", "--state", "/state"]

FROM runtime AS gateway
COPY --from=gateway-packages /opt/venv /opt/venv
COPY chassis chassis
COPY gateway gateway
COPY --from=gateway-packages /app/translations gateway/translations
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=6 \
    CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=3)"]
CMD ["gunicorn", "-c", "python:gateway.gunicorn_conf", "gateway.wsgi:app"]
