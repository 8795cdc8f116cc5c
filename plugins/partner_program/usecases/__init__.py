"""What the product does, step by step: gather, decide, apply; no rule, no SQL, no Airflow."""
