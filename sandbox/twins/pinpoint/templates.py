"""Message templates of Pinpoint: for e-mail, SMS and push, one version of each."""

import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.twins.errors import ServiceError
from sandbox.twins.pinpoint.base import Body, Operations

_KINDS = {"EmailTemplate": "EMAIL", "SMSTemplate": "SMS", "PushTemplate": "PUSH"}


class TemplateOperations(Operations):
    """Templates belong to the account, not to an app."""

    def create_email_template(self, request: Body) -> Body:
        """CreateEmailTemplate."""
        return self._create_template("EMAIL", request, "EmailTemplateRequest")

    def create_sms_template(self, request: Body) -> Body:
        """CreateSmsTemplate."""
        return self._create_template("SMS", request, "SMSTemplateRequest")

    def create_push_template(self, request: Body) -> Body:
        """CreatePushTemplate."""
        return self._create_template("PUSH", request, "PushNotificationTemplateRequest")

    def update_email_template(self, request: Body) -> Body:
        """UpdateEmailTemplate, in place."""
        return self._update_template("EMAIL", request, "EmailTemplateRequest")

    def update_sms_template(self, request: Body) -> Body:
        """UpdateSmsTemplate, in place."""
        return self._update_template("SMS", request, "SMSTemplateRequest")

    def update_push_template(self, request: Body) -> Body:
        """UpdatePushTemplate, in place."""
        return self._update_template("PUSH", request, "PushNotificationTemplateRequest")

    def get_email_template(self, request: Body) -> Body:
        """GetEmailTemplate."""
        return {"EmailTemplateResponse": self._template("EMAIL", request["TemplateName"])}

    def get_sms_template(self, request: Body) -> Body:
        """GetSmsTemplate."""
        return {"SMSTemplateResponse": self._template("SMS", request["TemplateName"])}

    def get_push_template(self, request: Body) -> Body:
        """GetPushTemplate."""
        return {"PushNotificationTemplateResponse": self._template("PUSH", request["TemplateName"])}

    def delete_email_template(self, request: Body) -> Body:
        """DeleteEmailTemplate."""
        return self._delete_template("EMAIL", request["TemplateName"])

    def delete_sms_template(self, request: Body) -> Body:
        """DeleteSmsTemplate."""
        return self._delete_template("SMS", request["TemplateName"])

    def delete_push_template(self, request: Body) -> Body:
        """DeletePushTemplate."""
        return self._delete_template("PUSH", request["TemplateName"])

    def check_templates(self, wanted: Mapping[str, Any]) -> None:
        """Refuses templates that do not exist."""
        for member, template in wanted.items():
            if member in _KINDS:
                self.require_template(_KINDS[member], template["Name"])

    def require_template(self, kind: str, name: str) -> None:
        """Refuses a template that does not exist."""
        if self._store.get(f"template/{kind}", name) is None:
            raise ServiceError("BadRequestException", f"no {kind} template {name}")

    def _create_template(self, kind: str, request: Body, member: str) -> Body:
        name = request["TemplateName"]
        if self._store.get(f"template/{kind}", name) is not None:
            raise ServiceError("BadRequestException", f"{kind} template {name} exists already")
        arn = self._context.arn("mobiletargeting", f"templates/{name}/{kind}")
        fixed = {"Arn": arn, "TemplateName": name, "TemplateType": kind, "CreationDate": self._stamp(), "Version": "1"}
        self._store.put(f"template/{kind}", name, {**request[member], **fixed, "LastModifiedDate": self._stamp()})
        return {"CreateTemplateMessageBody": {"Arn": arn, "Message": "Created", "RequestID": str(uuid.uuid4())}}

    def _update_template(self, kind: str, request: Body, member: str) -> Body:
        held = self._template(kind, request["TemplateName"])
        self._store.put(f"template/{kind}", held["TemplateName"], {**held, **request[member], "LastModifiedDate": self._stamp()})
        return accepted()

    def _delete_template(self, kind: str, name: str) -> Body:
        self._template(kind, name)
        self._store.delete(f"template/{kind}", name)
        return accepted()

    def _template(self, kind: str, name: str) -> Body:
        return self._found(f"template/{kind}", name, f"{kind} template")


def accepted() -> Body:
    """What Pinpoint answers to what it does later."""
    return {"MessageBody": {"Message": "Accepted", "RequestID": str(uuid.uuid4())}}
