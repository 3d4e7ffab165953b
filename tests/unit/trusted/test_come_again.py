"""Failed messages come back soon at first, later and later."""

from omnichannel.aws.sqs import come_again, wait_of


class Queues:
    def __init__(self):
        self.asked = []

    def get_queue_url(self, **asked):
        return {"QueueUrl": f"https://sqs/{asked['QueueName']}"}

    def change_message_visibility_batch(self, **asked):
        self.asked.append(asked)


def record(number, came=1, queue="q.fifo"):
    arn = f"arn:aws:sqs:us-east-1:111122223333:{queue}"
    return {"receiptHandle": f"r{number}", "eventSourceARN": arn, "attributes": {"ApproximateReceiveCount": str(came)}}


def test_waits_grow_fourfold_up_to_a_quarter_of_an_hour():
    assert [wait_of(record(0, came)) for came in (1, 2, 3, 4, 5)] == [15, 60, 240, 900, 900]


def test_every_failed_message_is_made_visible_ten_at_a_time():
    queues = Queues()

    come_again(queues, [record(n) for n in range(11)])

    assert [len(asked["Entries"]) for asked in queues.asked] == [10, 1]
    assert queues.asked[0]["QueueUrl"] == "https://sqs/q.fifo"
    assert queues.asked[0]["Entries"][0] == {"Id": "0", "ReceiptHandle": "r0", "VisibilityTimeout": 15}


def test_what_came_from_no_queue_is_nobodys_to_delay():
    queues = Queues()

    come_again(queues, [{"messageId": "1", "body": "{}"}])

    assert queues.asked == []
