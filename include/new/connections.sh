# Read this into a shell with `. ./connections.sh`, or give the same variables to Airflow. Only you may read this file.
# A database on a server: {"conn_type": "postgres", "host": "...", "port": 5432, "login": "...", "password": "...", "schema": "..."}
export PARTNER_PROGRAM_INCLUDE=@FOLDER@
export PARTNER_PROGRAM_OUT=@OUT@
export PARTNER_PROGRAM_REGISTRY=@REGISTRY@
# The programme's own database: SQLite for a first look, PostgreSQL for more.
export AIRFLOW_CONN_PARTNER_PROGRAM=@DATABASE@
# Where each entity of registry/entities.csv bills: AIRFLOW_CONN_BILLING_ and its code.
# export AIRFLOW_CONN_BILLING_NL='{"conn_type": "sqlite", "host": "/path/to/billing.db"}'
# Where an entity's order system looks up rates; without one nothing is published there.
# export AIRFLOW_CONN_ORDERS_NL='{"conn_type": "postgres", "host": "..."}'
