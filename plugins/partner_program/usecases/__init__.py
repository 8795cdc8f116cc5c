"""What the product does, one function for each thing that a person or a schedule can ask for.

A use case gathers values from adapters, has the domain decide, and applies the decision in one transaction. It has no
rule, no SQL and no Airflow. Commands, DAG steps and pages call use cases and never a store: `make check` holds that.

    month           settle a month: freeze, check, merge, decide, take force; restate it; record a close
    letters         render, approve, send, reconcile, resolve; documents for download
    registry        load the registry's files          grants         grant a grace period
    publication     publish rates, find drift          orders         quote an order
    explain         the receipt of one decision        register       a month's results
    simulation      another programme over past months months_page    the page of what months told everybody
    doctor          what an installation lacks         installation   where an installation keeps its things
"""
