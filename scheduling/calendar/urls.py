"""Addresses of the calendars."""

from django.urls import URLPattern, path

from scheduling.calendar import views

urlpatterns: list[URLPattern] = [
    path("api/calendar", views.CalendarView.as_view()),
    path("api/calendar/week", views.WeekView.as_view()),
]
