"""The programme database's schema, step by step; `partner-program init` runs what is missing."""
