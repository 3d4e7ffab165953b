"""Why something was not trusted or not delivered: one closed enumeration for every flow."""

from enum import StrEnum


class Reason(StrEnum):
    """A reason as it stands in quarantine records, ledger rows and reports."""

    # The file as a whole.
    UNKNOWN_PREFIX = "unknown-prefix"
    UNKNOWN_FORMAT = "unknown-format"
    EMPTY_FILE = "empty-file"
    TRUNCATED_FILE = "truncated-file"
    WRONG_ENCODING = "wrong-encoding"
    MISSING_COLUMN = "missing-column"
    DUPLICATE_COLUMN = "duplicate-column"
    UNREADABLE_FILE = "unreadable-file"
    TOO_MANY_BAD_ROWS = "too-many-bad-rows"
    # One row of it.
    MALFORMED_ROW = "malformed-row"
    MALFORMED_JSON = "malformed-json"
    MISSING_VALUE = "missing-value"
    WRONG_TYPE = "wrong-type"
    UNKNOWN_VALUE = "unknown-value"
    OUT_OF_RANGE = "out-of-range"
    TIME_OUT_OF_RANGE = "time-out-of-range"
    DUPLICATE_KEY = "duplicate-key"
    DUPLICATE_CONTENT = "duplicate-content"
    MISSING_IDENTITY = "missing-identity"
    MISSING_EVENT_NAME = "missing-event-name"
    # Withheld from a sink.
    NO_CONSENT = "no-consent"
    NO_SEGMENT_ID = "no-segment-id"
    NO_ADDRESS = "no-address"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    HOLDOUT = "holdout"
    SUPPRESSED = "suppressed"
    FREQUENCY_CAP = "frequency-cap"
    OUTSIDE_WINDOW = "outside-window"
    # Rejected by us before sending, or by the sink.
    TOO_LARGE = "too-large"
    ID_TOO_LONG = "id-too-long"
    TOO_MANY_TRAITS = "too-many-traits"
    NOT_TEXT = "not-text"
    REFUSED_BY_SINK = "refused-by-sink"
    SINK_UNAVAILABLE = "sink-unavailable"
    UNAUTHORIZED = "unauthorized"
    # Live events that no consumer can use.
    UNMAPPED_EVENT = "unmapped-event"
    NO_ITEM = "no-item"
    NO_SESSION = "no-session"
    DUPLICATE_EVENT = "duplicate-event"
    NOTHING_CHOSEN = "nothing-chosen"
