"""Filters of the audit log."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField

from metrics.models import AuditEvent


class InstantField(IsoDateTimeField):
    """A time; without an offset it is on the present zone's clock."""

    def clean(self, value: Any) -> datetime | None:
        """Return the time; refuse one that no calendar in UTC holds."""
        moment = super().clean(value)
        try:
            if moment is not None:
                moment.astimezone(UTC)
        except OverflowError:
            raise ValidationError("This time is out of range.") from None
        return moment


class InstantFilter(django_filters.Filter):
    """A filter over `InstantField`."""

    field_class = InstantField


class AuditFilter(filters.FilterSet):
    """Who, what, how it ended, on what kind of thing, and when."""

    actor = django_filters.CharFilter(field_name="actor_name", lookup_expr="iexact")
    action = django_filters.CharFilter(method="by_action")
    outcome = django_filters.ChoiceFilter(
        choices=[("done", "Done"), ("refused", "Refused")]
    )
    kind = django_filters.CharFilter()

    class Meta:
        model = AuditEvent
        fields = ()

    def by_action(
        self, rows: QuerySet[AuditEvent], name: str, value: str
    ) -> QuerySet[AuditEvent]:
        """Keep one action, or all about a noun: `media.` is every media action."""
        if value.endswith("."):
            return rows.filter(action__startswith=value)
        return rows.filter(action=value)


# Words of the contract that Python keeps for itself.
AuditFilter.base_filters["from"] = InstantFilter(field_name="at", lookup_expr="gte")
AuditFilter.base_filters["to"] = InstantFilter(field_name="at", lookup_expr="lte")
