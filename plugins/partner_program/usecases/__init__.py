"""What the product does, one function for each thing that a person or a schedule can ask for.

A use case gathers values from adapters, has the domain decide, and applies the decision in one transaction. It has no
rule, no SQL and no Airflow. Commands, DAG steps and pages call use cases and never a store: `make check` holds that.

    month           settle a month: freeze, check, merge, decide, take force; restate it; record a close
    letters         render, approve, send, reconcile, resolve; documents for download
    desk            what people look at before they act: what waits, a month, the list of partners, one partner
    registry        load the registry's files          grants         grant a grace period
    publication     publish rates, find drift          orders         quote an order
    explain         the receipt of one decision        register       a month's results, not the partners' registry
    simulation      another programme over past months months_page    a page of what months decided for partners
    doctor          what an installation lacks         installation   an installation's database, files and programmes
"""
