"""Addresses of the calendars."""

from django.urls import URLPattern, path

from scheduling.calendar import views
from scheduling.calendar.feed_views import CalendarFeedFile, CalendarFeedView

urlpatterns: list[URLPattern] = [
    path("api/calendar", views.CalendarView.as_view()),
    path("api/calendar/week", views.WeekView.as_view()),
    path("api/models/<slug:slug>/calendar-feed", CalendarFeedView.as_view()),
    path(
        "calendar/feed/<uuid:pk>/<slug:digest>.ics",
        CalendarFeedFile.as_view(),
        name="calendar-feed",
    ),
]
