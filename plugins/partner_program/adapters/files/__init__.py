"""Files that people write: registry, programme, application."""
