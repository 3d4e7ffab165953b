"""How a job ends other than well."""


class JobFailedError(Exception):
    """The job failed; the message is its FailureReason."""

    def __init__(self, reason: str, *, exit_message: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason[:1024]
        self.exit_message = exit_message
