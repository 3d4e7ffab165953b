"""Our place in Amazon Connect Customer Profiles: the object type, the key by which a customer's profile is found, and how long it lasts."""

OBJECT_TYPE = "omni-propensity"
KEY = "omni_customer_id"
"""The key by which an object finds its profile, and a search finds it again."""
KEY_CHARS = 255
"""Of a value that `SearchProfiles` takes: an id beyond it could be written and never be found again."""
EXPIRATION_DAYS = 366
"""A profile that nothing updates is dropped after this. We send changes only, so it is longer than any score stays as it is."""
UPDATED_AT = "sourceLastUpdatedTimestamp"
"""The field's name is the service's: with it, an object says how new it is."""
TIME_FORMAT = "yyyy-MM-dd'T'HH:mm:ss.SSSX"
"""How that time is written, in the words of Java's SimpleDateFormat."""
