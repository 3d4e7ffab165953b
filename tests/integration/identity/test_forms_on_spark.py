"""The normal forms are the same on Spark: a hash made there finds the customer that a function made."""

import shutil

import ibis
import pytest

from pipelines.spark import session
from tests.unit.identity.test_normal_forms import COUNTRIES, SCHEMA, TEXTS, every_form, in_python

pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java 17")


def test_spark_makes_the_same_forms():
    rows = [(n, value, country) for n, (value, country) in enumerate((v, c) for v in TEXTS for c in COUNTRIES)]
    spark = session(**{"spark.master": "local[1]", "spark.ui.enabled": "false"})
    try:
        spark.createDataFrame(rows, "n bigint, value string, country string").createOrReplaceTempView("texts")
        compiler = ibis.pyspark
        found = spark.sql(str(ibis.to_sql(every_form(ibis.table(SCHEMA, name="texts")), dialect=compiler.name))).collect()
    finally:
        spark.stop()

    assert [tuple(row)[1:] for row in found] == in_python(rows)
