"""The one way in which a twin refuses a call."""


class ServiceError(Exception):
    """An error of the imitated service, answered in the protocol's own error shape.

    `status` is the HTTP status; None takes the one of the modelled error `code`, or 400 where the model says nothing.
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
