"""A queue that a function reads: encrypted, TLS only, with a dead-letter queue that alarms on depth and age."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

TRIES = 5
KEPT_DAYS = 4
DEAD_LETTERS_KEPT_DAYS = 14
OLDEST_ALARM = Duration.hours(1)
VISIBILITY_FACTOR = 6
"""AWS asks for a visibility time-out of at least six times the function's."""


class Queue(Construct):
    """`queue` for its consumer, `dead_letters` for what failed `tries` times, and alarms on both; messages may wait for a `delay`."""

    def __init__(
        self, scope: Construct, id: str, *, key: kms.IKey, consumer_timeout: Duration, fifo: bool = False, tries: int = TRIES,
        delay: Duration | None = None,
    ) -> None:  # fmt: skip
        super().__init__(scope, id)
        self.key = key
        self.dead_letters = self._queue("DeadLetters", fifo, retention_period=Duration.days(DEAD_LETTERS_KEPT_DAYS))
        self.queue = self._queue(
            "Queue",
            fifo,
            retention_period=Duration.days(KEPT_DAYS),
            delivery_delay=delay,
            visibility_timeout=Duration.seconds(consumer_timeout.to_seconds() * VISIBILITY_FACTOR),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=tries),
        )
        self._alarm("DeadLettersHeld", self.dead_letters.metric_approximate_number_of_messages_visible(statistic="Maximum"), 1)
        self._alarm("DeadLettersAge", self.dead_letters.metric_approximate_age_of_oldest_message(), OLDEST_ALARM.to_seconds())
        self._alarm("QueueAge", self.queue.metric_approximate_age_of_oldest_message(), OLDEST_ALARM.to_seconds())

    def _queue(self, id: str, fifo: bool, **more: object) -> sqs.Queue:
        return sqs.Queue(
            self,
            id,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self.key,
            data_key_reuse=Duration.hours(1),
            enforce_ssl=True,
            fifo=fifo or None,
            **more,  # type: ignore[arg-type]
        )

    def _alarm(self, id: str, metric: cloudwatch.Metric, threshold: float) -> None:
        metric.create_alarm(
            self,
            id,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
