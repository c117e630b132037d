"""Filters of the audit log."""

import django_filters
from django.db.models import QuerySet
from django_filters import rest_framework as filters

from metrics.models import AuditEvent


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
AuditFilter.base_filters["from"] = filters.IsoDateTimeFilter(
    field_name="at", lookup_expr="gte"
)
AuditFilter.base_filters["to"] = filters.IsoDateTimeFilter(
    field_name="at", lookup_expr="lte"
)
