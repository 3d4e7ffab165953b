"""Every transformation of trusted data, as an Ibis expression registered by name, and the SQL that functions run.

**Adding one.** Write a function in a module of this package (a new one or the one of its subject; it is found by itself):

    @transformation(reads=("orders", "links_now"))
    def orders_of_customers(t: Tables) -> ir.Table:
        \"\"\"What a row is.\"\"\"
        return t["orders"].inner_join(t["links_now"], ...)

`reads` names trusted tables (`orders_changes`, `identity_links`) and other transformations (`orders`, `links_now`); `t[name]` is
that table, `t.as_of` the moment that is asked about. Nothing at or after `as_of` may have an effect. Then `make definitions`
writes `sql/<name>.sql` (DuckDB) and `sql/manifest.json` (what each reads, with which columns); both are committed, a test
compares them, and `tests/spark` runs the same expression on Spark and compares the rows. So use what Ibis spells for both: every
window and every `first` has an order without ties, floats are rounded only at the end, times are UTC.

**There already:** of every changing data set its state as of the moment, under the table's name without `_changes` (`customers`,
`orders`, …; see `state`), and of every other data set the first row of each key, as `<table>_once`.

**Running one.** A function: `lake.Lake`, which needs no Ibis. A job, on one machine or on Spark: `pipelines.steps.transform`.
"""
