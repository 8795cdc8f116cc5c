"""The services of docker-compose.yaml as local processes, for machines without a container engine."""
