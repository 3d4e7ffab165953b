"""The items of the customer view as rows: what the flat tables of the transformations say, packed into the groups of an item."""

from omnichannel.transform.lake import Lake

READS = ("customer_profiles", "customer_refs", "customer_spend", "customer_channels", "customer_categories", "consent_state", "redirects")
"""The transformations that are packed."""

# A digest is compared instead of the item: the store then tells 32 characters a customer, and not its whole content.
_PACK = """
CREATE OR REPLACE TABLE wanted AS
WITH refs AS (
    SELECT customer_id, list(customer_ref ORDER BY rank) AS refs FROM customer_refs GROUP BY customer_id
), spend AS (
    SELECT customer_id, map_from_entries(list({
        k: currency, v: {orders: orders, spend: spend, average_order: CAST(average_order AS DECIMAL(18, 2))}
    } ORDER BY currency)) AS spend FROM customer_spend GROUP BY customer_id
), channels AS (
    SELECT customer_id, map_from_entries(list({k: channel, v: orders} ORDER BY channel)) AS channels
    FROM customer_channels GROUP BY customer_id
), categories AS (
    SELECT customer_id, list({category: category, share: CAST(share AS DECIMAL(4, 2))} ORDER BY rank) AS categories
    FROM customer_categories GROUP BY customer_id
), said AS (
    SELECT customer_id, string_agg(
        purpose || '/' || channel || '=' || CAST(granted AS INTEGER) || '@' || epoch_us(recorded_at), ',' ORDER BY purpose, channel
    ) AS consents FROM consent_state GROUP BY customer_id
), packed AS (
    SELECT p.customer_id, to_json({
        customer_ref: p.customer_ref, refs: r.refs, email: p.email, phone: p.phone,
        profile: {
            first_name: p.first_name, country: p.country, region: p.region, language: p.language, timezone: p.timezone,
            age_band: p.age_band, since: iso(p.created_at)
        },
        aggregates: {
            orders: p.orders, spend: s.spend, channels: c.channels, first_order_at: iso(p.first_order_at),
            last_order_at: iso(p.last_order_at), discount_share: CAST(p.discount_share AS DECIMAL(4, 2)),
            returns: p.returns, last_return_at: iso(p.last_return_at),
            subscriptions: p.subscriptions, renews_at: iso(p.renews_at),
            categories: k.categories, views: p.views, carts: p.carts, wishes: p.wishes, searches: p.searches, visits: p.visits,
            last_seen_at: iso(p.last_seen_at),
            tickets: p.tickets, last_ticket_at: iso(p.last_ticket_at), average_csat: CAST(p.average_csat AS DECIMAL(4, 2)),
            messages: {delivered: p.delivered, opened: p.opened, clicked: p.clicked}
        },
        segments: {frequency: p.frequency, lifecycle: p.lifecycle, demographic: p.demographic},
        quality: list_filter([
            CASE WHEN p.without_crm THEN 'without-crm' END, CASE WHEN p.without_address THEN 'without-address' END,
            CASE WHEN p.without_country THEN 'without-country' END, CASE WHEN p.odd_birth_date THEN 'odd-birth-date' END,
            CASE WHEN p.address_bounced THEN 'address-bounced' END
        ], lambda flag: flag IS NOT NULL)
    }) AS body, coalesce(said.consents, '') AS consents
    FROM customer_profiles p
    LEFT JOIN refs r USING (customer_id) LEFT JOIN spend s USING (customer_id) LEFT JOIN channels c USING (customer_id)
    LEFT JOIN categories k USING (customer_id) LEFT JOIN said USING (customer_id)
)
SELECT customer_id, body, md5(body) AS digest, consents FROM packed
"""
_ISO = "CREATE OR REPLACE TEMP MACRO iso(moment) AS strftime(moment AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S+00:00')"

_LINKS = """
CREATE OR REPLACE TABLE wanted_links AS
SELECT id_type || '#' || id_value AS key, customer_id AS customer FROM links_now
UNION ALL SELECT customer_id, survivor FROM redirects
"""


def pack(lake: Lake) -> None:
    """Makes `wanted(customer_id, body, digest, consents)` and `wanted_links(key, customer)` of the built transformations.

    `body` is the view's own part of an item as JSON, `digest` its MD5; `consents` is what `encoded` makes of them.
    """
    lake.connection.execute(_ISO)
    lake.connection.execute(_PACK)
    lake.connection.execute(_LINKS)
