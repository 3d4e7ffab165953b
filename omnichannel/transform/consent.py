"""Everything that was ever said about consent, by whom, and what of it holds."""

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.consent import PREFERENCE_EVENT, REFUSING_EVENTS, REFUSING_FEEDBACK, SEGMENT_CATEGORIES, Channel, Origin, Purpose
from omnichannel.contracts.store import IdType
from omnichannel.transform import identity_values
from omnichannel.transform.profile_links import done_by, owned
from omnichannel.transform.registry import Tables, transformation

_FIELDS = ("entry_id", "customer_id", "purpose", "channel", "granted", "recorded_at", "source", "origin")


@transformation(reads=("consents_once", "links_now"))
def consents_given(t: Tables) -> ir.Table:
    """The entries of the data set `consents`, of known customers."""
    identifiers = {"customer_ref": IdType.CUSTOMER_REF, "email": IdType.EMAIL_SHA256, "anonymous_id": IdType.ANONYMOUS_ID}
    said = t["consents_once"].select("consent_id", *identifiers, "purpose", "channel", "granted", "recorded_at", "source")
    rows = owned(t["links_now"], said, identifiers)
    return rows.mutate(entry_id=rows.consent_id, origin=ibis.literal(Origin.CONSENTS.value)).select(*_FIELDS)


@transformation(reads=("events_once",))
def consent_contexts(t: Tables) -> ir.Table:
    """Events whose consent object differs from that of the same visitor's event before, and every decision.

    A page repeats on each event what was decided once; a repetition is no consent given anew.
    """
    events = t["events_once"]
    said = events.filter(events.consent.notnull()).select(
        *("message_id", "user_id", "anonymous_id", "timestamp"),
        visitor=ibis.coalesce(events.anonymous_id, events.user_id),
        said=events.consent.lower(),
        decided=events.event == PREFERENCE_EVENT,
    )
    before = said.said.lag().over(group_by="visitor", order_by=["timestamp", "message_id"])
    compared = said.mutate(before=before)
    new = compared.before.isnull() | (compared.before != compared.said) | compared.decided.fill_null(False)
    return compared.filter(new).select("message_id", "visitor", "user_id", "anonymous_id", "timestamp", "said", "decided")


@transformation(reads=("consent_contexts", "links_now"))
def consents_on_the_web(t: Tables) -> ir.Table:
    """Per category of a consent object that we know: each decision, and each first answer or change of a visitor."""
    contexts = t["consent_contexts"]
    answers = ibis.union(*(_answers(contexts, category, purpose) for category, purpose in SEGMENT_CATEGORIES.items()))
    before = answers.granted.lag().over(group_by=["visitor", "category"], order_by=["timestamp", "message_id"])
    compared = answers.mutate(before=before)
    new = compared.before.isnull() | (compared.before != compared.granted) | compared.decided.fill_null(False)
    rows = done_by(t["links_now"], compared.filter(new))
    return rows.mutate(
        entry_id=rows.message_id + "/" + rows.category,
        channel=ibis.literal(Channel.WEB.value),
        recorded_at=rows.timestamp,
        source=ibis.literal("consent object"),
        origin=ibis.literal(Origin.SEGMENT.value),
    ).select(*_FIELDS)


def _answers(contexts: ir.Table, category: str, purpose: Purpose) -> ir.Table:
    # The text and not the JSON value: both engines read a category's id in whatever case the consent platform writes it.
    # Only within the preferences: what else a platform writes there may have the same names.
    word = contexts.said.re_extract(rf'"categorypreferences"\s*:\s*\{{[^{{}}]*"{category}"\s*:\s*(true|false)', 1)
    answered = contexts.mutate(word=word, category=ibis.literal(category), purpose=ibis.literal(purpose.value))
    kept = answered.filter(answered.word.isin(["true", "false"]))
    return kept.mutate(granted=kept.word == "true").drop("word", "said")


@transformation(reads=("events_once", "links_now"))
def unsubscribed_events(t: Tables) -> ir.Table:
    """Segment's own unsubscribe and spam events, as refusals of marketing by e-mail."""
    events = t["events_once"]
    by = {
        "user_id": IdType.CUSTOMER_REF,
        "recipient_email": IdType.EMAIL_SHA256,
        "email": IdType.EMAIL_SHA256,
        "anonymous_id": IdType.ANONYMOUS_ID,
    }
    said = events.filter(events.event.isin(REFUSING_EVENTS)).select("message_id", "event", "timestamp", *by)
    # A user id that nobody is known by is a stranger, on whosever browser.
    browser = identity_values.plain(said.user_id).isnull().ifelse(said.anonymous_id, ibis.null("string"))
    wanted = said.mutate(anonymous_id=browser)
    rows = owned(t["links_now"], wanted, by)
    return rows.mutate(
        entry_id=rows.message_id,
        channel=ibis.literal(Channel.EMAIL.value),
        recorded_at=rows.timestamp,
        source=rows.event,
        **_REFUSAL,
        origin=ibis.literal(Origin.SEGMENT.value),
    ).select(*_FIELDS)


@transformation(reads=("messaging_feedback_once", "links_now", "redirects"))
def feedback_of_customers(t: Tables) -> ir.Table:
    """Messaging feedback of customers: whom it names, merged ones followed, else whose e-mail address it is.

    Who is named by the retailer's own reference is meant, too; an id that no link knows does not keep the address from telling, and
    stands where no address tells either: who has it may be linked later.
    """
    told = t["messaging_feedback_once"]
    feedback = told.select(
        *("event_id", "sink", "run", "campaign", "message_id", "address", "type", "at", "channel", "bounce"),
        named=identity_values.plain(told.customer_id),
    )
    held = t["links_now"].select(known="customer_id", customer_id="customer_id").distinct()
    known = ibis.union(held, t["redirects"].select(known="customer_id", customer_id="survivor"))
    followed = feedback.inner_join(known, feedback.named == known.known).drop("known")
    others = feedback.anti_join(known, feedback.named == known.known)
    meant = owned(t["links_now"], others, {"named": IdType.CUSTOMER_REF, "address": IdType.EMAIL_SHA256})
    left = others.filter(others.named.notnull()).anti_join(meant, "event_id")
    unlinked = left.mutate(customer_id=left.named)
    return ibis.union(followed, *(rows.select(*followed.columns) for rows in (meant, unlinked))).drop("named")


@transformation(reads=("feedback_of_customers",))
def refusals_in_feedback(t: Tables) -> ir.Table:
    """Unsubscribes and complaints that came back from a messaging channel, as refusals of marketing there."""
    feedback = t["feedback_of_customers"]
    rows = feedback.filter(feedback.type.isin(REFUSING_FEEDBACK))
    return rows.mutate(
        entry_id=rows.event_id,
        channel=ibis.coalesce(rows.channel, Channel.EMAIL.value),
        recorded_at=rows["at"],
        source=rows.type,
        **_REFUSAL,
        origin=ibis.literal(Origin.FEEDBACK.value),
    ).select(*_FIELDS)


_REFUSAL = {"purpose": ibis.literal(Purpose.MARKETING.value), "granted": ibis.literal(False)}


@transformation(reads=("consents_given", "consents_on_the_web", "unsubscribed_events", "refusals_in_feedback"))
def consent_log(t: Tables) -> ir.Table:
    """Every consent that was given or refused, append-only: what, where, by whom, when, and where we have it from."""
    return ibis.union(t["consents_given"], t["consents_on_the_web"], t["unsubscribed_events"], t["refusals_in_feedback"])


@transformation(reads=("consent_log",))
def consent_state(t: Tables) -> ir.Table:
    """Of each customer, purpose and channel what was recorded last before `as_of`; at the same time a refusal wins."""
    log = t["consent_log"]
    known = log.filter(log.recorded_at < t.as_of)
    order = [ibis.desc("recorded_at"), "granted", "entry_id"]
    ranked = known.mutate(newest=ibis.row_number().over(group_by=["customer_id", "purpose", "channel"], order_by=order))
    return ranked.filter(ranked.newest == 0).drop("newest")
