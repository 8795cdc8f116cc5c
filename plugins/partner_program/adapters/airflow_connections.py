"""Connections as Airflow knows them: environment, secrets backend or its own database."""

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from partner_program.adapters.connections import ConnectionFields


class AirflowConnections:
    """Airflow's connections, by name; in its tasks and in its api-server."""

    def get(self, conn_id: str) -> ConnectionFields | None:
        """One connection's fields, None where it is not set."""
        try:
            found = Connection.get(conn_id)
        except AirflowNotFoundException:
            return None
        return ConnectionFields(
            conn_id=conn_id,
            conn_type=found.conn_type or "",
            host=found.host,
            port=found.port,
            login=found.login,
            password=found.password,
            schema=found.schema,
            extra=found.extra_dejson,
        )
