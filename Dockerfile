# Airflow's own image, with exactly the releases of the lock files, and this project in it.
FROM apache/airflow:slim-3.3.2-python3.12

USER root
# A new volume takes its owner from the folder that it is mounted on.
RUN install -d -o airflow -g 0 -m 775 /opt/partner-program /var/lib/partner-program /var/log/airflow
USER airflow
WORKDIR /opt/partner-program

COPY --chown=airflow:0 requirements-build.txt requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements-build.txt \
    && pip install --no-cache-dir --require-hashes -r requirements.txt

COPY --chown=airflow:0 pyproject.toml requirements.in ./
COPY --chown=airflow:0 include ./include
COPY --chown=airflow:0 plugins ./plugins
COPY --chown=airflow:0 dags ./dags
COPY --chown=airflow:0 demo ./demo
COPY --chown=airflow:0 topology ./topology
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e .
