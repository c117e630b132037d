"""The secret address of a model's plan: making and ending it, and what is there."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views import View
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from library.models import Creator
from promura_site.api.responses import success
from promura_site.api.schema import envelope
from promura_site.api.views import ApiView
from scheduling.calendar.feeds import (
    end_feed,
    feed_at,
    make_feed,
    path_of,
    reach_of,
    stamp,
    written,
)
from scheduling.models import CalendarFeed


class FeedSerializer(serializers.Serializer):
    """The address, which is a secret: whoever has it sees the plan."""

    url = serializers.CharField()
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField(allow_null=True)


_ANSWER = envelope("CalendarFeedAnswer", feed=FeedSerializer(allow_null=True))
_SAID = envelope(
    "CalendarFeedChanged",
    feed=FeedSerializer(allow_null=True),
    message=serializers.CharField(),
)


class CalendarFeedView(ApiView):
    """The address of one model's plan."""

    permission_map = {
        "get": "scheduling.view_calendarfeed",
        "post": "scheduling.add_calendarfeed",
        "delete": "scheduling.delete_calendarfeed",
    }

    @extend_schema(responses=_ANSWER, tags=["calendar"])
    def get(self, request: Request, slug: str) -> Response:
        """Show the address, if the model's plan has one."""
        creator = get_object_or_404(Creator, slug=slug)
        rows = CalendarFeed.objects.select_related("made_by")
        return success(feed=self._shown(rows.filter(creator=creator).first()))

    @extend_schema(request=None, responses={201: _SAID}, tags=["calendar"])
    def post(self, request: Request, slug: str) -> Response:
        """Make an address; one that there was stops working."""
        creator = get_object_or_404(Creator, slug=slug)
        feed = make_feed(creator, actor=self.actor, now=timezone.now())
        return success(201, feed=self._shown(feed), message="Calendar link made")

    @extend_schema(responses={200: _SAID}, tags=["calendar"])
    def delete(self, request: Request, slug: str) -> Response:
        """Let the address stop working."""
        creator = get_object_or_404(Creator, slug=slug)
        ended = end_feed(creator, actor=self.actor)
        message = "Calendar link ended" if ended else "There was no calendar link"
        return success(feed=None, message=message)

    def _shown(self, feed: CalendarFeed | None) -> dict[str, object] | None:
        if feed is None:
            return None
        by = feed.made_by.get_username() if feed.made_by else None
        url = self.request.build_absolute_uri(path_of(feed))
        return dict(
            FeedSerializer({"url": url, "made_at": feed.made_at, "made_by": by}).data
        )


class CalendarFeedFile(View):
    """A model's plan as a file, for whoever has its address; nobody signs in here."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: UUID, digest: str) -> HttpResponse:
        """Send the file, unless the program that asks has it already."""
        feed = feed_at(pk, digest)
        if feed is None:
            raise Http404
        reach = reach_of(feed, timezone.now())
        etag = f'"{stamp(feed, reach)}"'
        answer = get_conditional_response(request, etag=etag)
        if answer is None:
            site = request.build_absolute_uri("/").rstrip("/")
            answer = HttpResponse(
                written(feed, reach, site),
                content_type="text/calendar; charset=utf-8",
                headers={
                    "Content-Disposition": f'inline; filename="{feed.creator.slug}.ics"'
                },
            )
        answer["ETag"] = etag
        answer["Cache-Control"] = "private, no-cache"
        answer["Referrer-Policy"] = "no-referrer"
        answer["X-Robots-Tag"] = "noindex"
        return answer
