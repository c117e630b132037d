"""Base classes of every endpoint."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from promura_site.api.pagination import chosen_ordering, paginate
from promura_site.api.parsers import has_unstorable
from promura_site.api.responses import success
from promura_site.models import User

PermissionMap = dict[str, str | tuple[str, ...]]


class _HouseView:
    """What every endpoint has: a signed-in actor and a storable query string."""

    @property
    def actor(self) -> User:
        """Return the person who asks; the permission class let nobody else in."""
        return cast(User, self.request.user)  # type: ignore[attr-defined]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Run DRF's checks, then refuse what no database could hold."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        for name, values in request.query_params.lists():
            if has_unstorable(name) or any(map(has_unstorable, values)):
                raise ValidationError(
                    {name.replace("\x00", "") or "query": ["NUL is refused."]}
                )


class ApiView(_HouseView, APIView):
    """A single endpoint; `permission_map` is keyed by lower-case method."""

    permission_map: ClassVar[PermissionMap] = {}


class ApiViewSet(_HouseView, GenericViewSet):
    """A resource; `permission_map` is keyed by action.

    `list_key` names the list in the envelope, `orderings` maps each public name of
    `?ordering=` to model fields, `filterset_class` is a django-filter FilterSet.
    """

    permission_map: ClassVar[PermissionMap] = {}
    list_key: ClassVar[str] = "items"
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {}
    default_ordering: ClassVar[str] = ""

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the filterset; a bad value is a 400 that names it."""
        filterset_class = getattr(self, "filterset_class", None)
        if filterset_class is None:
            return rows
        filterset = filterset_class(
            self.request.query_params, queryset=rows, request=self.request
        )
        if not filterset.is_valid():
            raise ValidationError(
                {
                    name: list(map(str, texts))
                    for name, texts in filterset.errors.items()
                }
            )
        return filterset.qs

    def list_response(
        self,
        rows: QuerySet[Any],
        shape: Callable[[list[Any]], list[Any]] | None = None,
    ) -> Response:
        """Answer one filtered, ordered page of `rows` under `list_key`."""
        ordering = chosen_ordering(self.request, self.orderings, self.default_ordering)
        page = paginate(self.request, self.filtered(rows), ordering)
        shown = (
            shape(page.items)
            if shape
            else self.get_serializer(page.items, many=True).data
        )
        return success(**page.payload(self.list_key, shown))

    def checked(self, **kwargs: Any) -> BaseSerializer[Any]:
        """Return the request's serializer, already validated."""
        serializer = self.get_serializer(data=self.request.data, **kwargs)
        serializer.is_valid(raise_exception=True)
        return serializer


class UnknownEndpoint(APIView):
    """Answer any path under /api/ that nothing else answers."""

    permission_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse before the method is looked at."""
        raise NotFound()
