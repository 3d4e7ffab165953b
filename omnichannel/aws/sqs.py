"""Messages that failed come again when it makes sense, not when the queue's visibility time-out is over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from omnichannel.aws.dynamodb import batches

FIRST_SECONDS = 15
LONGEST_SECONDS = 900
BATCH = 10


def come_again(sqs: Any, records: Iterable[Mapping[str, Any]]) -> None:
    """Makes records of an event source visible again after a wait that grows fourfold with each delivery, a quarter of an hour at most.

    The queue's own time-out is six times what the function may take, which is right for a function that was killed and far too long
    for one that knows that it failed. Records without a receipt did not come from a queue.
    """
    by_queue: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        if "receiptHandle" in record:
            by_queue[record["eventSourceARN"].rpartition(":")[2]].append(record)
    for name, failed in by_queue.items():
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        for batch in batches(failed, BATCH):
            entries = [
                {"Id": str(n), "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": wait_of(record)}
                for n, record in enumerate(batch)
            ]
            sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)


def wait_of(record: Mapping[str, Any]) -> int:
    """Seconds until the record comes again, by how often it came."""
    came = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
    return int(min(LONGEST_SECONDS, FIRST_SECONDS * 4 ** (came - 1)))
