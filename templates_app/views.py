"""The API of templates."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from promura_site.api.pagination import boolean, bounded_int
from promura_site.api.responses import success
from promura_site.api.schema import envelope, list_parameters, page_of
from promura_site.api.views import ApiViewSet
from templates_app import references, services
from templates_app.filters import DEFAULT_ORDERING, ORDERINGS, TemplateFilter
from templates_app.models import PostTemplate
from templates_app.serializers import (
    DeletedTemplateSerializer,
    TemplateDuplicateSerializer,
    TemplateSerializer,
    TemplateStatisticsSerializer,
    TemplateWarningSerializer,
    TemplateWriteSerializer,
)

_RANKED, _MOST_RANKED = 10, 100


_ONE = envelope("TemplateAnswer", template=TemplateSerializer())
_CHANGED = envelope(
    "TemplateChanged",
    template=TemplateSerializer(),
    message=serializers.CharField(),
    warnings=TemplateWarningSerializer(many=True),
)
_RANKING = envelope("TemplateRanking", templates=TemplateSerializer(many=True))
_PAGE = page_of("TemplatePage", templates=TemplateSerializer(many=True))
_LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": _MOST_RANKED, "default": _RANKED},
)
_DELETED = envelope("TemplateDeleted", message=serializers.CharField())
_STATISTICS = envelope(
    "TemplateStatisticsAnswer", statistics=TemplateStatisticsSerializer()
)


class TemplateViewSet(ApiViewSet):
    """Recipes for posts that come again."""

    permission_map = {
        "list": "templates_app.view_posttemplate",
        "retrieve": "templates_app.view_posttemplate",
        "popular": "templates_app.view_posttemplate",
        "recent": "templates_app.view_posttemplate",
        "overview": "templates_app.view_posttemplate",
        "use": "templates_app.use_posttemplate",
        "create": "templates_app.add_posttemplate",
        "duplicate": "templates_app.add_posttemplate",
        "update": "templates_app.change_posttemplate",
        "partial_update": "templates_app.change_posttemplate",
        "destroy": "templates_app.delete_posttemplate",
        "restore": "templates_app.restore_posttemplate",
    }
    list_key = "templates"
    orderings = ORDERINGS
    default_ordering = DEFAULT_ORDERING
    queryset = PostTemplate.objects.none()
    filterset_class = TemplateFilter

    def get_queryset(self) -> QuerySet[PostTemplate]:
        """Return what is present; to those who may restore, what is deleted."""
        rows = PostTemplate.objects.with_last_use().select_related("created_by")
        if not boolean(self.request, "deleted", False):
            return rows.present()
        if not self.actor.has_perm("templates_app.restore_posttemplate"):
            raise PermissionDenied
        return rows.filter(deleted_at__isnull=False)

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return what this action reads, for the browsable API's forms too."""
        if self.action == "duplicate":
            return TemplateDuplicateSerializer
        return TemplateWriteSerializer

    @extend_schema(
        parameters=[
            *list_parameters(ORDERINGS, DEFAULT_ORDERING),
            OpenApiParameter("tags", str, description="Any of, comma-separated."),
            OpenApiParameter("model", str, description="A model's slug."),
            OpenApiParameter("search", str, description="In name, content, tags."),
            OpenApiParameter("deleted", bool, description="The deleted (admin)."),
        ],
        responses=_PAGE,
        tags=["templates"],
    )
    def list(self, request: Request) -> Response:
        """List templates: the most used first, then the latest."""
        deleted = boolean(request, "deleted", False)
        shape = DeletedTemplateSerializer if deleted else TemplateSerializer
        return self.list_response(self.get_queryset(), lambda rows: _shown(rows, shape))

    @extend_schema(
        request=TemplateWriteSerializer, responses={201: _CHANGED}, tags=["templates"]
    )
    def create(self, request: Request) -> Response:
        """Save a new template."""
        fields = self.checked().validated_data
        template = services.create_template(actor=self.actor, fields=fields)
        return _changed(template, "Template created successfully", status=201)

    @extend_schema(responses=_ONE, tags=["templates"])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Show one template."""
        return success(template=_shown([services.get_template(pk)])[0])

    @extend_schema(
        request=TemplateWriteSerializer(partial=True),
        responses=_CHANGED,
        tags=["templates"],
    )
    def update(self, request: Request, pk: UUID) -> Response:
        """Change the fields that are given; the others stay."""
        changes = self.checked(partial=True).validated_data
        template = services.update_template(pk, actor=self.actor, changes=changes)
        return _changed(template, "Template updated successfully")

    @extend_schema(
        request=TemplateWriteSerializer(partial=True),
        responses=_CHANGED,
        tags=["templates"],
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change the fields that are given; the same as PUT."""
        return self.update(request, pk)

    @extend_schema(responses={200: _DELETED}, tags=["templates"])
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Delete a template; it can be restored for 30 days."""
        services.delete_template(pk, actor=self.actor, now=timezone.now())
        return success(message="Template deleted successfully")

    @extend_schema(request=None, responses=_CHANGED, tags=["templates"])
    def restore(self, request: Request, pk: UUID) -> Response:
        """Bring a deleted template back."""
        template = services.restore_template(pk, actor=self.actor, now=timezone.now())
        return _changed(template, "Template restored successfully")

    @extend_schema(request=None, responses=_ONE, tags=["templates"])
    def use(self, request: Request, pk: UUID) -> Response:
        """Count one use and return the template."""
        template = services.use_template(pk, actor=self.actor, now=timezone.now())
        return success(template=_shown([template])[0])

    @extend_schema(
        request=TemplateDuplicateSerializer,
        responses={201: _CHANGED},
        tags=["templates"],
    )
    def duplicate(self, request: Request, pk: UUID) -> Response:
        """Make a copy under a new name, unused."""
        fields = self.checked().validated_data
        template = services.duplicate_template(pk, actor=self.actor, **fields)
        return _changed(template, "Template duplicated successfully", status=201)

    @extend_schema(parameters=[_LIMIT], responses=_RANKING, tags=["templates"])
    def popular(self, request: Request) -> Response:
        """List the most used templates."""
        return self._ranking(PostTemplate.objects.most_used())

    @extend_schema(parameters=[_LIMIT], responses=_RANKING, tags=["templates"])
    def recent(self, request: Request) -> Response:
        """List the templates used last; those never used are left out."""
        return self._ranking(PostTemplate.objects.last_used())

    @extend_schema(responses=_STATISTICS, tags=["templates"])
    def overview(self, request: Request) -> Response:
        """Show figures over all templates."""
        figures = PostTemplate.objects.figures(timezone.now())
        best = PostTemplate.objects.most_used().select_related("created_by").first()
        popular = _shown([best])[0] if best and best.usage_count else None
        return success(statistics=figures | {"most_popular": popular})

    def _ranking(self, rows: QuerySet[PostTemplate]) -> Response:
        limit = bounded_int(self.request, "limit", _RANKED, 1, _MOST_RANKED)
        return success(templates=_shown(rows.select_related("created_by")[:limit]))


def _shown(
    templates: Iterable[PostTemplate],
    shape: type[TemplateSerializer] = TemplateSerializer,
) -> list[dict[str, Any]]:
    rows = list(templates)
    context = {"references": references.describe(rows)}
    return list(shape(rows, many=True, context=context).data)


def _changed(template: PostTemplate, message: str, status: int = 200) -> Response:
    warnings = services.warnings_about(template)
    shown = _shown([template])[0]
    return success(status, template=shown, message=message, warnings=warnings)
