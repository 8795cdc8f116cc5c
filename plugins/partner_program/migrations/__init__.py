"""The programme database's schema, step by step; `partner-program init` runs the steps that are missing."""
